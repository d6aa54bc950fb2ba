"""How may a KPI run from here, if it goes on as it did?

Each path draws a noise model by its weight, the controls' coefficients from their own doubt, and
coming innovations from those of the past (bootstrap), which keeps their tails; unlisted one-day
shocks come back as often as they came. What a day remembers of the days before follows from the
noise model without approximation.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from analytics.controls import day_dummies
from analytics.future_days import Horizon, extended_model
from analytics.link_data import BoolArray, FloatArray, LinkData
from analytics.step_precision import View
from analytics.whitening import WhitenedKpi

MIN_SHOCKS = 3


@dataclass(frozen=True, eq=False)
class _Fit:
    """The past under one noise model; `pool` (m,) holds its innovations, `memory` (h, n) and
    `own` (h, h) the rows of the whitening matrix for coming days."""

    coefficients: FloatArray
    inverse: FloatArray
    sigma: float
    dof: int
    pool: FloatArray
    memory: FloatArray
    own: FloatArray


def simulate_paths(
    data: LinkData,
    views: tuple[View, ...],
    horizon: Horizon,
    *,
    rng: np.random.Generator,
    n_paths: int,
) -> FloatArray:
    """(n + h, paths) the KPI on the analysis scale: seen days as they were, all others drawn."""
    counts = rng.multinomial(n_paths, [view.weight for view in views])
    paths = [
        _paths(data, view.whitened, horizon, rng=rng, count=int(count))
        for view, count in zip(views, counts, strict=True)
        if count
    ]
    return np.hstack(paths)


def _paths(
    data: LinkData,
    whitened: WhitenedKpi,
    horizon: Horizon,
    *,
    rng: np.random.Generator,
    count: int,
) -> FloatArray:
    gaps, shocks = data.kpi_is_missing, whitened.shocks
    dummies = day_dummies(gaps | shocks)
    seen = np.hstack([horizon.columns[: data.n], dummies])
    fit = _fit(seen, whitened, horizon, is_marked=gaps | shocks)
    spread = fit.sigma * np.sqrt(fit.dof / rng.chisquare(fit.dof, count))
    doubt = fit.inverse @ rng.standard_normal((data.n, count))
    drawn = fit.coefficients[:, None] + spread * doubt
    noise = whitened.filled[:, None] - seen @ drawn
    ahead = horizon.n - data.n
    innovations = rng.choice(fit.pool, (ahead, count)) * spread
    coming = solve_triangular(fit.own, innovations - fit.memory @ noise, lower=True)
    columns = horizon.columns.shape[1]
    coming = coming + horizon.columns[data.n :] @ drawn[:columns]
    marked = np.flatnonzero(gaps | shocks)
    pulses = fit.coefficients[columns:][shocks[marked]]
    coming = coming + _shocks(pulses, float(shocks.mean()), coming.shape, rng)
    past = np.repeat(whitened.filled[:, None], count, axis=1)
    past[marked[gaps[marked]]] -= drawn[columns:][gaps[marked]]
    return np.vstack([past, coming])


def _fit(
    seen: FloatArray, whitened: WhitenedKpi, horizon: Horizon, *, is_marked: BoolArray
) -> _Fit:
    n = len(seen)
    matrix = extended_model(whitened.model, horizon).impulses()
    columns, y = matrix[:n, :n] @ seen, matrix[:n, :n] @ whitened.filled
    size = np.linalg.norm(columns, axis=0)
    size = np.where(size > 0.0, size, 1.0)
    inverse = np.linalg.pinv(columns / size, rcond=1e-9) / size[:, None]
    coefficients = inverse @ y
    residual = y - columns @ coefficients
    dof = max(n - int(np.linalg.matrix_rank(columns / size, tol=1e-9)), 1)
    sigma = float(np.sqrt(residual @ residual / dof))
    pool = residual[~is_marked]
    pool = (pool - pool.mean()) / max(float(pool.std()), 1e-300)
    return _Fit(coefficients, inverse, sigma, dof, pool, matrix[n:, :n], matrix[n:, n:])


def _shocks(
    pulses: FloatArray, rate: float, shape: tuple[int, ...], rng: np.random.Generator
) -> FloatArray:
    """Unlisted shocks of past sizes at their past rate; one or two are no rate."""
    if len(pulses) < MIN_SHOCKS:
        return np.zeros(shape)
    size: FloatArray = np.where(rng.random(shape) < rate, rng.choice(pulses, shape), 0.0)
    return size
