"""How much, and how late, does the KPI follow a metric that moves every day?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.controls import fill_gaps
from analytics.feedback import feedback_p_value
from analytics.link_data import BoolArray, FloatArray, LinkData, RefusalError
from analytics.link_estimate import LinkEstimate
from analytics.profile_interval import critical_value, profile
from analytics.release_permutation import exceedance
from analytics.vocabulary import EvidenceGrade, Verdict
from analytics.whitening import MIN_DOF, WhitenedKpi

N_DRAWS = 9_999
POWER_QUANTILE = 0.8416212335729143
METHOD = (
    "Generalised least squares of the whitened KPI on the metric at every lag; standard error the "
    "larger of the model's and HC3; p-value from the largest statistic over correlated lags; "
    "profile interval with the lag unknown."
)


@dataclass(frozen=True, eq=False)
class SeriesFit:
    """Slope and standard error at each of m lags; `direction` (m, n) are unit regressors."""

    lags: tuple[int, ...]
    slope: FloatArray
    se: FloatArray
    direction: FloatArray

    @property
    def f(self) -> FloatArray:
        """(m,) squared studentised slopes."""
        squared: FloatArray = (self.slope / self.se) ** 2
        return squared

    @property
    def best(self) -> int:
        """Index of the lag with the largest statistic."""
        return int(np.argmax(self.f))


def estimate_series(
    data: LinkData, whitened: WhitenedKpi, *, max_lag: int, rng: np.random.Generator
) -> LinkEstimate:
    """Estimate the effect of a continuous metric, or raise `RefusalError`."""
    if whitened.dof - max_lag < MIN_DOF:
        raise too_few_days()
    filled = fill_gaps(data.x, whitened.columns)
    unknown = np.isnan(data.x)
    lags, leads = tuple(range(max_lag + 1)), tuple(range(-max_lag, 0))
    found = fit_lags(whitened, filled, unknown, lags)
    if not (np.isfinite(found.slope).all() and (found.se > 0.0).all()):
        raise no_movement(found.slope)
    largest = max_statistics(found.direction, whitened.dof, rng)
    p_value = exceedance(float(found.f.max()), largest)
    critical = critical_value(float(np.quantile(largest, 0.95)), float(found.f.max()), p_value)
    interval = profile(
        lags, found.slope, 1.0 / found.se**2, found.f, variance=1.0, critical=critical
    )
    before = fit_lags(whitened, filled, unknown, leads)
    best = found.best
    return LinkEstimate(
        grade=EvidenceGrade.SERIES,
        method=METHOD,
        effect=float(found.slope[best]),
        low=interval.low,
        high=interval.high,
        se=float(found.se[best]),
        p_value=p_value,
        lag=lags[best],
        lag_set=interval.lag_set,
        smallest_detectable_effect=float((np.sqrt(critical) + POWER_QUANTILE) * found.se[best]),
        lead_p_value=_lead_p_value(whitened, before, found.direction[best], rng),
        pre_release_p_value=feedback_p_value(data, whitened, filled, rng=rng),
        moved_before_p_value=float("nan"),
        lag_effects=_lag_effects(before, found, critical, data.period_days),
        releases=None,
        release_table=None,
    )


def too_few_days() -> RefusalError:
    """What is said when too few degrees of freedom are left."""
    return RefusalError(
        Verdict.NOT_ENOUGH_DATA,
        "Controls, gaps and shocks leave too few days to estimate anything.",
        "Deliver a longer span, or list fewer calendar columns.",
    )


def no_movement(slope: FloatArray | None = None) -> RefusalError:
    """What is said when the controls explain the metric; with all slopes known, it the KPI."""
    if slope is not None and np.isfinite(slope).all():
        return RefusalError(
            Verdict.INVALID_DATA,
            "The metric explains the KPI to the last digit: one seems to be computed from the "
            "other.",
            "Check that metric and KPI come from different sources.",
        )
    return RefusalError(
        Verdict.NOT_ENOUGH_DATA,
        "The metric does not move apart from trend, season and calendar.",
        "A link needs movements of the metric that the calendar does not explain.",
    )


def fit_lags(
    whitened: WhitenedKpi, filled: FloatArray, unknown: BoolArray, lags: tuple[int, ...]
) -> SeriesFit:
    """Fit the metric (n,) at each lag; days whose metric value is unknown are absorbed.

    Absorbing is exact: such a day gets its own dummy, so what stands in for the value is of no
    consequence. Interpolated values alone would pull the slope towards zero.
    """
    impulses = whitened.model.impulses()
    fits = [_fit_lag(whitened, impulses, filled, unknown, lag) for lag in lags]
    if not fits:
        return SeriesFit((), np.zeros(0), np.ones(0), np.zeros((0, len(filled))))
    return SeriesFit(
        lags,
        np.array([slope for slope, _, _ in fits]),
        np.array([se for _, se, _ in fits]),
        np.stack([direction for _, _, direction in fits]),
    )


def _fit_lag(
    whitened: WhitenedKpi,
    impulses: FloatArray,
    filled: FloatArray,
    unknown: BoolArray,
    lag: int,
) -> tuple[float, float, FloatArray]:
    """Slope, standard error and unit regressor at one lag; NaN when the regressor vanishes."""
    source = np.arange(len(filled)) - lag
    outside = (source < 0) | (source >= len(filled))
    source = np.clip(source, 0, len(filled) - 1)
    shifted, absorbed = filled[source], outside | unknown[source]
    x = whitened.project_out(whitened.model.whiten(shifted))
    y, extra = whitened.residual, np.zeros((len(x), 0))
    if absorbed.any():
        extra = independent_basis(whitened.project_out(impulses[:, absorbed]))
        x, y = x - extra @ (extra.T @ x), y - extra @ (extra.T @ y)
    size = float(x @ x)
    if size <= 1e-16 * max(float(shifted @ shifted), 1e-300):
        return float("nan"), float("nan"), np.zeros_like(x)
    slope = float(x @ y) / size
    left = y - slope * x
    leverage = np.square(whitened.q).sum(axis=1) + np.square(extra).sum(axis=1) + x**2 / size
    model = float(left @ left) / (whitened.dof - extra.shape[1] - 1) / size
    robust = np.square(left / np.maximum(1.0 - leverage, 0.05))
    hc3 = float(x**2 @ robust) / size**2
    return slope, float(np.sqrt(max(model, hc3))), x / np.sqrt(size)


def independent_basis(columns: FloatArray) -> FloatArray:
    """Orthonormal basis; columns the controls already explain are dropped."""
    left, values, _ = np.linalg.svd(columns, full_matrices=False)
    kept: FloatArray = left[:, values > 1e-6]
    return kept


def max_statistics(
    direction: FloatArray, dof: int, rng: np.random.Generator, *, n: int = N_DRAWS
) -> FloatArray:
    """(n,) largest squared statistic over correlated regressors (m, days) without any effect."""
    if direction.shape[0] == 0:
        return np.zeros(n)
    values, vectors = np.linalg.eigh(direction @ direction.T)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((n, len(values))) @ root.T
    spread = rng.chisquare(dof, size=n) / dof
    largest: FloatArray = np.square(normal).max(axis=1) / spread
    return largest


def _lead_p_value(
    whitened: WhitenedKpi, before: SeriesFit, effect: FloatArray, rng: np.random.Generator
) -> float:
    """Sup-t p of later metric values beside the metric at the best lag."""
    left = before.direction - (before.direction @ effect)[:, None] * effect
    size = np.sqrt(np.square(left).sum(axis=1))
    kept = size > 0.05
    if not kept.any():
        return 1.0
    left = left[kept] / size[kept, None]
    residual = whitened.residual - (whitened.residual @ effect) * effect
    sigma2 = float(residual @ residual) / (whitened.dof - 1)
    observed = float(np.square(left @ residual).max()) / sigma2
    return exceedance(observed, max_statistics(left, whitened.dof, rng))


def _lag_effects(
    before: SeriesFit, found: SeriesFit, critical: float, period_days: int
) -> pd.DataFrame:
    """Effect with simultaneous 95 % band at every lead and lag, for drawing."""
    slope = np.concatenate([before.slope, found.slope])
    half = np.sqrt(critical) * np.concatenate([before.se, found.se])
    lags = np.array([*before.lags, *found.lags]) * period_days
    return pd.DataFrame(
        {"lag_days": lags, "effect": slope, "low": slope - half, "high": slope + half}
    )
