"""Since when is a measure at its level, how large was the change, and what preceded it?"""

from __future__ import annotations

from numbers import Real

import numpy as np
import pandas as pd

from analytics.onset_change import changes_of
from analytics.onset_grid import (
    LEAST_OBSERVED,
    Adjusted,
    Grid,
    adjust,
    robust_sd,
    to_grid,
)
from analytics.onset_result import (
    OnsetResult,
    OnsetVerdict,
    number,
    with_changes,
    without_change,
)
from analytics.onset_scan import Limits, threshold
from analytics.onset_search import Found, search
from analytics.vocabulary import percent

FALSE_ALARM_RATE = 0.05
LOOK_BACK = pd.Timedelta(days=14)
EVENT_COLUMNS = ("at", "kind", "name")
MANY_MISSING = 0.3
ONE_SIDED_80 = 0.84
METHOD = (
    "Weekly pattern ({pattern}) and an autoregression of order {order} taken out; windows and "
    "splits scored by a likelihood ratio on the values' own distribution and cut by circular "
    "binary segmentation at a family-wise false-alarm rate of {rate}; 95 % interval of the "
    "onset from the likelihood profile."
)


def since_when(
    series: pd.Series,
    *,
    events: pd.DataFrame | None = None,
    false_alarm_rate: float = FALSE_ALARM_RATE,
    smallest_change: float = 0.0,
    shortest_episode: int = 3,
    most_changes: int = 12,
    look_back: pd.Timedelta = LOOK_BACK,
) -> OnsetResult:
    """Finds the moments at which the level of a series changed, and the events before them.

    Args:
        series: Values of one measure (ratio, count, latency, …) by hour or by day on a
            DatetimeIndex, each stamped with the start of its period; NaN and absent stamps are
            gaps. Sparser series work too, without a pattern. Leave the unfinished period out.
        events: One row per event: `at` (timestamp), `kind`, `name`, and, if known, `without`: a
            Series of the same measure without the event's segment. Time zone as in the series.
        false_alarm_rate: Share of unchanged series in which a change may be reported, 0..0.5.
        smallest_change: Changes of the level below this are not reported, in the unit of the
            series. Changes below a tenth of the noise's standard deviation never are.
        shortest_episode: Fewest observed periods a level must last; 3 or more.
        most_changes: At most about this many changes are looked for, the clearest first.
        look_back: How long before the onset's interval an event may lie.

    Values never raise, whatever they are; they lead to `not enough data` or a caveat.

    Raises:
        TypeError, ValueError: An argument of the wrong kind; the message names it.
    """
    _check_series(series)
    _check_options(false_alarm_rate, smallest_change, shortest_episode, most_changes, look_back)
    known, event_caveats = _checked_events(events, series)
    grid = to_grid(series)
    refusal = _refusal(grid)
    if refusal is not None:
        return refusal
    adjusted = adjust(grid)
    score = threshold(grid.n, false_alarm_rate=false_alarm_rate)
    limits = Limits(score, shortest_episode, smallest_size=0.0, most_changes=most_changes)
    found = search(adjusted.scaled, grid, limits)
    found, changes, scores = changes_of(
        grid,
        adjusted,
        found,
        events=known,
        look_back=look_back,
        smallest_change=smallest_change,
    )
    method = METHOD.format(
        pattern=adjusted.pattern, order=len(found.noise.ar), rate=percent(false_alarm_rate)
    )
    caveats = (*_caveats(grid, found), *event_caveats)
    detectable = _detectable(adjusted, found)
    if not changes:
        return without_change(
            OnsetVerdict.NO_CHANGE,
            f"No change of the level beyond chance in {grid.n:,} {grid.period_name}s; a lasting "
            f"one of about {number(detectable)} would have been seen.",
            method=method,
            caveats=caveats,
            n=grid.n,
            smallest_detectable_size=detectable,
        )
    return with_changes(
        changes,
        changes[int(np.argmax(scores))],
        period_name=grid.period_name,
        smallest_detectable_size=detectable,
        method=method,
        caveats=caveats,
        n=grid.n,
    )


def _detectable(adjusted: Adjusted, found: Found) -> float:
    """Size of a lasting change in the middle that four of five times passes the threshold."""
    n = len(found.innovations)
    sd = robust_sd(np.diff(found.innovations)) / np.sqrt(2.0) * float(np.mean(adjusted.spread))
    step = (found.limits.score + ONE_SIDED_80 * found.noise.inflation) * sd * 2.0 / np.sqrt(n)
    middle = float(np.median(adjusted.level))
    return float(adjusted.inverse(middle + step) - adjusted.inverse(middle))


def _caveats(grid: Grid, found: Found) -> tuple[str, ...]:
    caveats = list(grid.caveats)
    missing = 1.0 - grid.n / len(grid.starts)
    if missing > MANY_MISSING:
        caveats.append(f"{percent(missing)} of the {grid.period_name}s have no value.")
    if found.drift:
        caveats.append(f"Taken out before looking for changes: {found.drift}.")
    if len(found.cuts) >= found.limits.most_changes:
        caveats.append(
            "As many changes as were asked for were found; the level may wander without end."
        )
    if grid.period_name == "hour" and len(grid.starts) < 4 * 168:
        caveats.append(
            "Less than four weeks: the weekly pattern is taken as hour of the day plus weekday."
        )
    return tuple(caveats)


def _refusal(grid: Grid) -> OnsetResult | None:
    """The answer for series that are too short or never move."""
    least = LEAST_OBSERVED[grid.period_name]
    if grid.n < least:
        reason = (
            f"{grid.n:,} {grid.period_name}s have a value; at least {least} are needed to tell a "
            "change from the usual ups and downs."
        )
        verdict = OnsetVerdict.NOT_ENOUGH_DATA
    elif float(np.ptp(grid.value)) <= 1e-12 * float(np.abs(grid.value).max()):
        reason = f"The value is {number(float(grid.value[0]))} throughout."
        verdict = OnsetVerdict.NO_CHANGE
    else:
        return None
    return without_change(
        verdict, reason, method="None: no estimate was made.", caveats=grid.caveats, n=grid.n
    )


def _check_series(series: pd.Series) -> None:
    if not isinstance(series, pd.Series):
        raise TypeError(f"series: expected a pandas Series, got {type(series).__name__}")
    if not isinstance(series.index, pd.DatetimeIndex):
        raise TypeError(f"series: expected a DatetimeIndex, got {type(series.index).__name__}")
    if not pd.api.types.is_numeric_dtype(series.dtype) or series.dtype.kind == "c":
        raise TypeError(f"series: expected numbers, got {series.dtype}")


def _check_options(
    false_alarm_rate: float,
    smallest_change: float,
    shortest_episode: int,
    most_changes: int,
    look_back: pd.Timedelta,
) -> None:
    _check_number("false_alarm_rate", false_alarm_rate)
    _check_number("smallest_change", smallest_change)
    if not 0.0 < false_alarm_rate <= 0.5:
        raise ValueError(f"false_alarm_rate: expected above 0, at most 0.5, got {false_alarm_rate}")
    if not smallest_change >= 0.0:
        raise ValueError(f"smallest_change: expected 0 or more, got {smallest_change}")
    for name, value, least in (
        ("shortest_episode", shortest_episode, 3),
        ("most_changes", most_changes, 1),
    ):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name}: expected a whole number, got {type(value).__name__}")
        if value < least:
            raise ValueError(f"{name}: expected {least} or more, got {value}")
    if not isinstance(look_back, pd.Timedelta):
        raise TypeError(f"look_back: expected a Timedelta, got {type(look_back).__name__}")
    if not look_back >= pd.Timedelta(0):
        raise ValueError(f"look_back: expected zero or more, got {look_back}")


def _check_number(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}")


def _checked_events(
    events: pd.DataFrame | None, series: pd.Series
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Events with a time, and a caveat about those without."""
    if events is None:
        return pd.DataFrame(columns=list(EVENT_COLUMNS)), ()
    if not isinstance(events, pd.DataFrame):
        raise TypeError(f"events: expected a DataFrame, got {type(events).__name__}")
    absent = [name for name in EVENT_COLUMNS if name not in events]
    if absent:
        raise ValueError(f"events: column {absent[0]!r} is missing")
    if not len(events):
        return events, ()
    if not pd.api.types.is_datetime64_any_dtype(events["at"]):
        raise TypeError(f"events: expected timestamps in column 'at', got {events['at'].dtype}")
    zone, own = series.index.tz, events["at"].dt.tz  # type: ignore[attr-defined]
    if (zone is None) != (own is None):
        raise ValueError(
            "events: column 'at' and the series must both have a time zone or both none"
        )
    for without in events.get("without", ()):
        if isinstance(without, pd.Series):
            _check_without(without, zone is None)
    timed = events[events["at"].notna()]
    lost = len(events) - len(timed)
    return timed, (f"{lost} events without a time were left out.",) if lost else ()


def _check_without(without: pd.Series, is_naive: bool) -> None:
    index = without.index
    if not isinstance(index, pd.DatetimeIndex) or (index.tz is None) != is_naive:
        raise TypeError(
            "events: expected each `without` on a DatetimeIndex like that of the series"
        )
    if not pd.api.types.is_numeric_dtype(without.dtype):
        raise TypeError(f"events: expected numbers in `without`, got {without.dtype}")
