"""Which changes remain when each has its best moment, and how large is each of them?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.onset_events import Stage, candidates
from analytics.onset_grid import Adjusted, Grid
from analytics.onset_interval import Level, Moment, levels, moment_of_change
from analytics.onset_result import Candidate, Change
from analytics.onset_scan import clearness, p_value, pruned
from analytics.onset_search import Found, without_cut

TWO_SIDED_95 = 1.96


def changes_of(
    grid: Grid,
    adjusted: Adjusted,
    found: Found,
    *,
    events: pd.DataFrame,
    look_back: pd.Timedelta,
    smallest_change: float,
) -> tuple[Found, tuple[Change, ...], list[float]]:
    """The search with the changes that remain, these in order of time, and their scores."""
    found, moments, sizes = _settled(grid, adjusted, found, smallest_change)
    if not found.cuts:
        return found, (), []
    scores = clearness(found.innovations, found.cuts)
    edges = [0, *found.cuts, grid.n]
    changes = []
    for i, (moment, size, score) in enumerate(zip(moments, sizes, scores, strict=True)):
        onset, interval = _times(grid, moment)
        around = (edges[i], edges[i + 1], edges[i + 2])
        stage = Stage(grid, moment, around, onset, interval)
        p = p_value(score / found.noise.inflation, grid.n)
        changes.append(_change(stage, size, p, candidates(events, stage, look_back=look_back)))
    return found, tuple(changes), scores


def _settled(
    grid: Grid, adjusted: Adjusted, found: Found, smallest_change: float
) -> tuple[Found, list[Moment], list[_Size]]:
    """Changes at their best moments; those not needed there or too small are undone, one by one."""
    while found.cuts:
        moments = _moments(grid, found)
        placed = [m.at for m in moments]
        found = replace(found, cuts=pruned(found.innovations, placed, found.limits))
        if found.cuts != placed:
            continue
        sizes = _sizes(grid, adjusted, found)
        smallest = int(np.argmin([abs(s.size) for s in sizes]))
        if abs(sizes[smallest].size) >= smallest_change:
            return found, moments, sizes
        found = without_cut(found, found.cuts[smallest])
    return found, [], []


def _moments(grid: Grid, found: Found) -> list[Moment]:
    """Each change at its likeliest moment between its neighbours."""
    cuts = list(found.cuts)
    shortest = found.limits.shortest
    moments: list[Moment] = []
    for _ in range(2):
        moments = []
        for i in range(len(cuts)):
            edges = [0, *cuts, grid.n]
            around = (edges[i], edges[i + 1], edges[i + 2])
            moments.append(
                moment_of_change(found.innovations, found.noise, around, shortest=shortest)
            )
            cuts[i] = moments[i].at
    return moments


@dataclass(frozen=True)
class _Size:
    """Levels around a change and its size in the unit of the series."""

    before: float
    after: float
    size: float
    low: float
    high: float
    n_before: int
    n_after: int


def _sizes(grid: Grid, adjusted: Adjusted, found: Found) -> list[_Size]:
    drift = found.drift_values * adjusted.spread
    level = adjusted.level - drift
    innovations = found.noise.innovations(level, grid.position)
    means = levels(level, innovations, found.cuts, found.noise)
    return [
        _size(adjusted, means[i], means[i + 1], float(drift[cut]))
        for i, cut in enumerate(found.cuts)
    ]


def _size(adjusted: Adjusted, before: Level, after: Level, drift: float) -> _Size:
    """With the drift that was taken out, at its value at the onset."""
    step = after.mean - before.mean
    half = TWO_SIDED_95 * float(np.hypot(before.se, after.se))
    steps = np.array([0.0, step, step - half, step + half])
    at = adjusted.inverse(before.mean + drift + steps)
    low, high = sorted((float(at[2] - at[0]), float(at[3] - at[0])))
    return _Size(float(at[0]), float(at[1]), float(at[1] - at[0]), low, high, before.n, after.n)


def _times(grid: Grid, moment: Moment) -> tuple[pd.Timestamp, tuple[pd.Timestamp, pd.Timestamp]]:
    """Onset, and from the start of the period before the first to the end of the last."""
    first, last = (int(grid.position[at]) for at in (moment.low, moment.high))
    before = int(grid.position[max(moment.low - 1, 0)])
    onset = grid.starts[int(grid.position[moment.at])]
    low = grid.starts[min(before, max(first - 1, 0))]
    end = grid.starts[last + 1] if last + 1 < len(grid.starts) else grid.starts[last] + grid.period
    return onset, (low, end)


def _change(stage: Stage, size: _Size, p: float, known: tuple[Candidate, ...]) -> Change:
    share = size.size / abs(size.before) if size.before != 0.0 else float("nan")
    return Change(
        onset=stage.onset,
        interval=stage.interval,
        level_before=size.before,
        level_after=size.after,
        size=size.size,
        size_interval=(size.low, size.high),
        size_share=share,
        p_value=p,
        n_before=size.n_before,
        n_after=size.n_after,
        candidates=known,
    )
