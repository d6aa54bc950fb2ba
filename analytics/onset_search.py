"""Which changes of level does a series need, and which of its moves are only slow drift?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.onset_grid import CLIP_SD, FloatArray, Grid, robust_sd
from analytics.onset_noise import Noise, estimate_noise
from analytics.onset_scan import Limits, boundaries

SMALLEST_SD = 0.1
YEARLY_FROM_YEARS = 0.82
PERIODS_A_YEAR = {"hour": 365.25 * 24, "day": 365.25}


@dataclass(frozen=True, eq=False)
class Found:
    """Where a series changes, the noise it was judged against, and the drift taken out.

    `cuts` are the first observations of new levels; `drift` names what was taken out of the
    values before, `drift_values` is its course on their scale.
    """

    cuts: list[int]
    noise: Noise
    innovations: FloatArray
    limits: Limits
    drift: str
    drift_values: FloatArray


def search(x: FloatArray, grid: Grid, limits: Limits) -> Found:
    """Changes of level, or of the level around a trend or yearly wave where that tells more.

    A slow drift makes every segmentation find steps. A trend, a yearly wave or both are taken
    out when trend and remaining changes together describe the series better, each change costing
    as much as its threshold and each drift column the logarithm of n.
    """
    best = _settled(x, grid, limits, "", np.zeros_like(x))
    if not best.cuts:
        return best
    lowest = _cost(x, best, 0)
    for name, columns in _drifts(grid).items():
        drift = _fitted(x, columns)
        other = _settled(x - drift, grid, limits, name, drift)
        cost = _cost(x - drift, other, columns.shape[1])
        if cost < lowest:
            best, lowest = other, cost
    return best


def _settled(x: FloatArray, grid: Grid, limits: Limits, name: str, drift: FloatArray) -> Found:
    """Searched twice: the second time with the noise that is left after the first changes."""
    first = _once(x, grid, limits, None)
    if not first[0]:
        return Found(*first, name, drift)
    return Found(*_once(x, grid, limits, level_at(x, first[0])), name, drift)


def _once(
    x: FloatArray, grid: Grid, limits: Limits, level: FloatArray | None
) -> tuple[list[int], Noise, FloatArray, Limits]:
    noise = estimate_noise(x, grid.position, level=level)
    innovations = noise.innovations(x, grid.position)
    sd = robust_sd(np.diff(innovations)) * noise.gain / np.sqrt(2.0)
    own = replace(
        limits, score=limits.score * noise.inflation, smallest_size=max(SMALLEST_SD * sd, 1e-12)
    )
    return boundaries(innovations, own), noise, innovations, own


def without_cut(found: Found, cut: int) -> Found:
    """The same search with one change less."""
    return replace(found, cuts=[c for c in found.cuts if c != cut])


def level_at(x: FloatArray, cuts: list[int]) -> FloatArray:
    """(n,) mean of the stretch between cuts that holds each observation."""
    edges = [0, *cuts, len(x)]
    parts = [np.full(b - a, x[a:b].mean()) for a, b in zip(edges, edges[1:], strict=False)]
    return np.concatenate(parts)


def _cost(x: FloatArray, found: Found, n_columns: int) -> float:
    """Penalised log-likelihood; outliers of the whole count for four standard deviations."""
    innovations = found.innovations
    left = innovations - level_at(innovations, found.cuts)
    sd = robust_sd(left)
    left = np.clip(left, -CLIP_SD * sd, CLIP_SD * sd) * found.noise.gain
    mean_square = float(left @ left) / len(x) + 1e-300
    per_change = found.limits.score**2
    n = float(len(x))
    return n * float(np.log(mean_square)) + per_change * len(found.cuts) + n_columns * np.log(n)


def _drifts(grid: Grid) -> dict[str, FloatArray]:
    """Columns of the courses a level may take without a change, by name."""
    place = grid.position.astype(np.float64)
    trend = (place / max(float(place[-1]), 1.0))[:, None] - 0.5
    drifts = {"a steady trend": trend}
    year = PERIODS_A_YEAR.get(grid.period_name)
    if year is not None and float(place[-1]) >= YEARLY_FROM_YEARS * year:
        angle = 2.0 * np.pi * place[:, None] / year
        wave = np.hstack([np.sin(angle), np.cos(angle)])
        drifts["a yearly wave"] = wave
        drifts["a steady trend and a yearly wave"] = np.hstack([trend, wave])
    return drifts


def _fitted(x: FloatArray, columns: FloatArray) -> FloatArray:
    """Least squares on clipped values, without the constant."""
    sd = robust_sd(x)
    middle = float(np.median(x))
    clipped = np.clip(x, middle - CLIP_SD * sd, middle + CLIP_SD * sd)
    centred = columns - columns.mean(axis=0)
    slopes, *_ = np.linalg.lstsq(centred, clipped - clipped.mean(), rcond=None)
    return np.asarray(centred @ slopes, dtype=np.float64)


