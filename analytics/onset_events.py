"""Which events precede a change, and which of them fits its onset best?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.onset_grid import Grid
from analytics.onset_interval import Moment
from analytics.onset_result import Candidate, TimeInterval, Timing, moment
from analytics.vocabulary import percent

HALF = 0.5


@dataclass(frozen=True, eq=False)
class Stage:
    """One change with all that its candidates are measured against."""

    grid: Grid
    moment: Moment
    edges: tuple[int, int, int]
    onset: pd.Timestamp
    interval: TimeInterval


def candidates(
    events: pd.DataFrame, stage: Stage, *, look_back: pd.Timedelta
) -> tuple[Candidate, ...]:
    """Events from `look_back` before the interval of the onset to its end, best fit first.

    Events in the interval come before earlier ones, and those whose segment explains at least
    half of the change before those known by their time alone; then the share explained decides,
    then nearness. Last come events without whose segment most of the change remains.
    """
    if events.empty:
        return ()
    low, high = stage.interval
    at = events["at"]
    near = events[(at >= low - look_back) & (at <= high)]
    found = [_candidate(row, stage) for row in near.to_dict("records")]
    found.sort(key=_order)
    return tuple(replace(c, rank=i) for i, c in enumerate(found, start=1))


def _order(candidate: Candidate) -> tuple[bool, bool, bool, float, pd.Timedelta]:
    share = candidate.share_explained
    is_refuted = candidate.is_segment_share and share < HALF
    return (
        is_refuted,
        candidate.timing is Timing.BEFORE,
        not candidate.is_segment_share,
        -round(share, 2),
        abs(candidate.lead),
    )


def _candidate(row: dict, stage: Stage) -> Candidate:
    at = pd.Timestamp(row["at"])
    timing = Timing.AT_ONSET if at >= stage.interval[0] else Timing.BEFORE
    segment = _segment_share(row.get("without"), stage)
    share = _place_share(at, stage) if math.isnan(segment) else segment
    lead = stage.onset - at
    is_segment = not math.isnan(segment)
    kind, name = str(row["kind"]), str(row["name"])
    words = _words(kind, name, at, timing, share, is_segment, stage)
    return Candidate(0, at, kind, name, timing, lead, share, is_segment, words)


def _words(
    kind: str,
    name: str,
    at: pd.Timestamp,
    timing: Timing,
    share: float,
    is_segment: bool,
    stage: Stage,
) -> str:
    when = moment(at, "hour")
    if timing is Timing.AT_ONSET:
        order = f"falls into the interval of the onset ({when})"
    else:
        order = f"came {_span(stage.interval[0] - at)} before the interval of the onset ({when})"
    if is_segment:
        rest = f"without this segment {percent(share)} of the change disappears"
    else:
        rest = f"a step put on its day fits {percent(share)} as well as one on the best day"
    return f"{kind} {name!r} {order}; {rest}."


def _span(lead: pd.Timedelta) -> str:
    hours = lead / pd.Timedelta(hours=1)
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


def _place_share(at: pd.Timestamp, stage: Stage) -> float:
    """With the change at the period that holds the event or at the next, whichever fits better."""
    starts = stage.grid.starts[stage.grid.position]
    after = int(starts.searchsorted(at, side="right"))
    return max(stage.moment.share(after - 1), stage.moment.share(after))


def _segment_share(without: object, stage: Stage) -> float:
    """How much of the change is gone in the same measure without the segment; NaN if unknown."""
    if not isinstance(without, pd.Series) or without.empty:
        return float("nan")
    first, cut, last = stage.edges
    before, after = slice(first, cut), slice(cut, last)
    starts = stage.grid.starts[stage.grid.position]
    other = without[~without.index.duplicated()].reindex(starts).to_numpy(np.float64)
    value = stage.grid.value
    seen = np.isfinite(other)
    if not seen[before].any() or not seen[after].any():
        return float("nan")
    whole = float(value[after].mean() - value[before].mean())
    left = float(other[after][seen[after]].mean() - other[before][seen[before]].mean())
    return float(np.clip(1.0 - left / whole, 0.0, 1.0)) if whole else float("nan")
