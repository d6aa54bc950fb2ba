"""What does "since when?" answer, and in which words?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from analytics.vocabulary import percent

Interval = tuple[float, float]
TimeInterval = tuple[pd.Timestamp, pd.Timestamp]


class OnsetVerdict(StrEnum):
    """What the look at one series concluded."""

    INVALID_DATA = "invalid data"
    CHANGED = "changed"
    NO_CHANGE = "no change"
    NOT_ENOUGH_DATA = "not enough data"

    @property
    def meaning(self) -> str:
        """One sentence in plain words."""
        return _MEANINGS[self]


_MEANINGS = {
    OnsetVerdict.INVALID_DATA: (
        "A check of the input failed, so no change can be told until the data is repaired."
    ),
    OnsetVerdict.CHANGED: (
        "The level moved by more than its usual ups and downs and its weekly pattern explain."
    ),
    OnsetVerdict.NO_CHANGE: "All ups and downs are within what chance and the week explain.",
    OnsetVerdict.NOT_ENOUGH_DATA: "There are too few values to tell a change from chance.",
}


class EpisodeState(StrEnum):
    """How an episode stands at the end of the series."""

    GOING_ON = "still going on"
    RETURNED = "ended: back to the level before"
    CHANGED_AGAIN = "ended: moved on to another level"


class Timing(StrEnum):
    """When an event happened, compared with the interval of the onset."""

    AT_ONSET = "at the onset"
    BEFORE = "before the onset"


@dataclass(frozen=True)
class Candidate:
    """An event that precedes a change or falls into the interval of its onset.

    Attributes:
        rank: 1 for the first of the list.
        at, kind, name: as given.
        timing: whether it lies in the interval of the onset or before it.
        lead: from the event to the estimated onset; negative inside the first changed period.
        share_explained: 0..1. Where the event came with the measure without its segment: how much
            of the change disappears without it. Otherwise: what a change at the event's time
            explains of what the change at the onset explains.
        is_segment_share: which of the two it is.
        words: one sentence. It claims an order in time, never a cause.
    """

    rank: int
    at: pd.Timestamp
    kind: str
    name: str
    timing: Timing
    lead: pd.Timedelta
    share_explained: float
    is_segment_share: bool
    words: str


@dataclass(frozen=True)
class Change:
    """One lasting move of the level.

    Attributes:
        onset: start of the first period at the new level.
        interval: 95 % interval of the moment, from the start of the last period that may still be
            old to the end of the first that is surely new.
        level_before, level_after: typical value without the weekly pattern (geometric mean where
            logarithms were taken), in the unit of the series.
        size, size_interval: level_after minus level_before and its 95 % interval.
        size_share: size over the level before; NaN when that is zero.
        p_value: chance of a change this clear anywhere in an unchanged series.
        n_before, n_after: observed periods at either level.
        candidates: events that precede it, the likeliest first.
    """

    onset: pd.Timestamp
    interval: TimeInterval
    level_before: float
    level_after: float
    size: float
    size_interval: Interval
    size_share: float
    p_value: float
    n_before: int
    n_after: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Episode:
    """The time at one level that a change began: until the next change, or still going on."""

    began: Change
    ended: Change | None
    state: EpisodeState

    @property
    def start(self) -> pd.Timestamp:
        """Start of its first period."""
        return self.began.onset

    @property
    def end(self) -> pd.Timestamp | None:
        """Start of the first period after it; None while it is going on."""
        return None if self.ended is None else self.ended.onset


@dataclass(frozen=True)
class OnsetResult:
    """Answer to "since when?", with all that is needed to doubt it.

    The fields from `onset` to `candidates` are those of the clearest change (the one least likely
    to be chance); they are None or empty without one. All changes, in order of time, are in
    `changes` and, with start and end, in `episodes`.

    Attributes:
        verdict, verdict_reason: The answer and, in one or two sentences, what it says.
        is_going_on: Whether the level that the clearest change began lasts to the end.
        smallest_detectable_size: A lasting change in the middle of the series that would be
            found in about four of five cases, in the unit of the series; NaN without an estimate.
        method: One sentence.
        caveats: Sentences a reader must see.
        n: Observed periods.
    """

    verdict: OnsetVerdict
    verdict_reason: str
    onset: pd.Timestamp | None
    interval: TimeInterval | None
    level_before: float | None
    level_after: float | None
    size: float | None
    size_interval: Interval | None
    size_share: float | None
    is_going_on: bool
    changes: tuple[Change, ...]
    episodes: tuple[Episode, ...]
    candidates: tuple[Candidate, ...]
    smallest_detectable_size: float
    method: str
    caveats: tuple[str, ...]
    n: int


def without_change(
    verdict: OnsetVerdict,
    reason: str,
    *,
    method: str,
    caveats: tuple[str, ...],
    n: int,
    smallest_detectable_size: float = float("nan"),
) -> OnsetResult:
    """The answer when no change was found or looked for."""
    return OnsetResult(
        verdict=verdict,
        verdict_reason=reason,
        onset=None,
        interval=None,
        level_before=None,
        level_after=None,
        size=None,
        size_interval=None,
        size_share=None,
        is_going_on=False,
        changes=(),
        episodes=(),
        candidates=(),
        smallest_detectable_size=smallest_detectable_size,
        method=method,
        caveats=caveats,
        n=n,
    )


def with_changes(
    changes: tuple[Change, ...],
    clearest: Change,
    *,
    period_name: str,
    smallest_detectable_size: float,
    method: str,
    caveats: tuple[str, ...],
    n: int,
) -> OnsetResult:
    """The answer when the level changed at least once."""
    episodes = episodes_of(changes)
    told = next(e for e in episodes if clearest in (e.began, e.ended))
    return OnsetResult(
        verdict=OnsetVerdict.CHANGED,
        verdict_reason=_reason(told, len(changes), period_name),
        onset=told.began.onset,
        interval=told.began.interval,
        level_before=told.began.level_before,
        level_after=told.began.level_after,
        size=told.began.size,
        size_interval=told.began.size_interval,
        size_share=told.began.size_share,
        is_going_on=told.state is EpisodeState.GOING_ON,
        changes=changes,
        episodes=episodes,
        candidates=told.began.candidates,
        smallest_detectable_size=smallest_detectable_size,
        method=method,
        caveats=caveats,
        n=n,
    )


MULTIPLE_FROM = 4.0
RETURNED_WITHIN = 1.0 / 3.0


def episodes_of(changes: tuple[Change, ...]) -> tuple[Episode, ...]:
    """Changes in order of time as episodes; a return to the level before begins none of its own."""
    episodes = []
    i = 0
    while i < len(changes):
        began = changes[i]
        ended = changes[i + 1] if i + 1 < len(changes) else None
        state = _state(began, ended)
        episodes.append(Episode(began, ended, state))
        i += 2 if state is EpisodeState.RETURNED else 1
    return tuple(episodes)


def _state(began: Change, ended: Change | None) -> EpisodeState:
    if ended is None:
        return EpisodeState.GOING_ON
    is_back = abs(ended.level_after - began.level_before) <= RETURNED_WITHIN * abs(began.size)
    return EpisodeState.RETURNED if is_back else EpisodeState.CHANGED_AGAIN


def _reason(episode: Episode, n_changes: int, period_name: str) -> str:
    began = episode.began
    low, high = (moment(t, period_name) for t in began.interval)
    share = _share(began)
    levels = f"from {number(began.level_before)} to {number(began.level_after)}{share}"
    since = f"{moment(began.onset, period_name)} (95 % interval: {low} to {high})"
    if episode.ended is None:
        first = f"The level went {levels} at {since} and has stayed there."
    else:
        last = moment(episode.ended.onset, period_name)
        how = "came back" if episode.state is EpisodeState.RETURNED else "moved on"
        first = f"The level went {levels} at {since} and {how} at {last}."
    return first if n_changes <= 2 else f"{first} The level changed {n_changes} times in all."


def _share(change: Change) -> str:
    """In percent, or as a multiple where percents would not be read."""
    if not math.isfinite(change.size_share):
        return ""
    if change.size_share > MULTIPLE_FROM and change.level_before > 0.0:
        return f" ({change.level_after / change.level_before:,.0f} times)"
    return f" ({percent(change.size_share, signed=True)})"


def number(value: float) -> str:
    """A figure for a sentence: three digits, thousands with commas."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def moment(at: pd.Timestamp, period_name: str) -> str:
    """A time for a sentence: with the hour for hourly data."""
    day = f"{at.day} {at:%b %Y}"
    return f"{day} {at:%H:%M}" if period_name == "hour" else day
