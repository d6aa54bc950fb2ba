"""Which changes of level does a series need, and which of its moves are only slow drift?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from analytics.onset_grid import (
    CLIP_SD,
    FULL_PATTERN_WEEKS,
    STILL_WITHOUT_MEMORY,
    FloatArray,
    Grid,
    robust_sd,
    weekly_level,
)
from analytics.onset_noise import Noise, estimate_noise
from analytics.onset_scan import Limits, boundaries

SMALLEST_SD = 0.1
MOST_EXPLORED = 4
YEARLY_FROM_YEARS = 0.82
# A straight line explains three quarters of a change in the middle.
DRIFT_SHARE = 0.7
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
    bound = CLIP_SD * robust_sd(_left(best))
    lowest = _cost(best, limits, bound, 0)
    explained = float(level_at(x, best.cuts).var())
    for name, columns in _drifts(grid).items():
        drift = _fitted(x, columns)
        if not best.cuts or bound == 0.0 or float(drift.var()) < DRIFT_SHARE * explained:
            continue
        # A drift is worth telling when it saves at least one change.
        fewer = replace(limits, most_changes=len(best.cuts) - 1)
        other = _settled(x - drift, grid, fewer, name, drift)
        cost = _cost(other, limits, bound, columns.shape[1])
        if cost < lowest:
            best, lowest = other, cost
    return replace(best, limits=replace(best.limits, most_changes=limits.most_changes))


def _settled(x: FloatArray, grid: Grid, limits: Limits, name: str, drift: FloatArray) -> Found:
    """Searched twice: the second time with the noise that is left after the first changes."""
    # Changes beyond the limit are not reported, but must not pass for noise.
    many = limits if name else replace(limits, most_changes=MOST_EXPLORED * limits.most_changes)
    first = _once(x, grid, many, _first_noise(x, grid))
    if not first[0]:
        return Found(*first, name, drift)
    noise = _noise(x, grid, level_at(x, first[0]), after_changes=True)
    return Found(*_once(x, grid, limits, noise), name, drift)


def _first_noise(x: FloatArray, grid: Grid) -> Noise:
    """Before any change is known: after the levels of the weeks, or from differences.

    Changes of level pass for memory in both, in different ways; the one with less memory holds.
    Hours of less than four weeks have too few differences that are free of the pattern.
    """
    if grid.period_name != "hour":
        return _noise(x, grid, None)
    by_week = _noise(x, grid, weekly_level(x, grid.week))
    if grid.week[-1] < FULL_PATTERN_WEEKS or not len(by_week.ar):
        return by_week
    return max(by_week, _noise(x, grid, None), key=lambda noise: noise.gain)


def _noise(
    x: FloatArray, grid: Grid, level: FloatArray | None, *, after_changes: bool = False
) -> Noise:
    return estimate_noise(
        x,
        grid.position,
        level=level,
        has_memory=grid.stillness <= STILL_WITHOUT_MEMORY,
        after_changes=after_changes,
    )


def _once(
    x: FloatArray, grid: Grid, limits: Limits, noise: Noise
) -> tuple[list[int], Noise, FloatArray, Limits]:
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
    parts = [np.full(b - a, x[a:b].mean()) for a, b in pairwise(edges)]
    return np.concatenate(parts)


def _left(found: Found) -> FloatArray:
    """What one step ahead, a level and its changes leave unexplained."""
    innovations = found.innovations
    return (innovations - level_at(innovations, found.cuts)) * found.noise.gain


def _cost(found: Found, limits: Limits, bound: float, n_columns: int) -> float:
    """Penalised log-likelihood; what is left beyond the bound counts as the bound."""
    left = np.clip(_left(found), -bound, bound)
    n = float(len(left))
    misfit = n * float(np.log(float(left @ left) / n + 1e-300))
    return misfit + limits.score**2 * len(found.cuts) + n_columns * float(np.log(n))


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
    slopes = np.linalg.solve(centred.T @ centred, centred.T @ (clipped - clipped.mean()))
    return np.asarray(centred @ slopes, dtype=np.float64)
