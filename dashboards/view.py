"""Which part of the data does a page show, and how is that written in its address?

Both directions are pure: `params` writes a view into query parameters, `parsed` reads it back and
says in a sentence what it could not take.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, TypeVar

Grain = Literal["hour", "day", "week", "month"]
Comparison = Literal["previous", "year-ago", "none"]
GRAINS: tuple[Grain, ...] = ("month", "week", "day")
EVERY_GRAIN: tuple[Grain, ...] = (*GRAINS, "hour")
COMPARISONS: dict[Comparison, str] = {
    "previous": "previous period",
    "year-ago": "a year ago",
    "none": "none",
}
LABELS = {"comparison": "Compared with"}
"""The labels of the bar's controls whose name in the address is another."""
BETWEEN = "between"
WEEK_DAYS = 7
T = TypeVar("T")


class Named(StrEnum):
    """Periods with a name, which end with the data."""

    LATEST = "latest"
    TWO_WEEKS = "last-2-weeks"
    THREE_MONTHS = "last-3-months"
    YEAR = "last-year"
    ALL = "all"

    @property
    def label(self) -> str:
        return {
            Named.LATEST: "Latest complete",
            Named.TWO_WEEKS: "Last 2 weeks",
            Named.THREE_MONTHS: "Last 3 months",
            Named.YEAR: "Last year",
            Named.ALL: "All days",
        }[self]

    @property
    def days(self) -> int | None:
        """How many days it reaches back from the last day with data; None: all."""
        return {Named.TWO_WEEKS: 14, Named.THREE_MONTHS: 92, Named.YEAR: 366}.get(self)


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")


Period = Named | Span


@dataclass(frozen=True)
class Segment:
    """One value of a segment: `country`, `DE`."""

    name: str
    value: str


@dataclass(frozen=True)
class View:
    """What the bar on top of every page says; `segment` None is the whole company."""

    period: Period = Named.LATEST
    grain: Grain = "month"
    comparison: Comparison = "previous"
    segment: Segment | None = None


def params(view: View, *, usual: View) -> dict[str, str]:
    """The query parameters of a view: only what differs from the page's `usual` one."""
    found: dict[str, str] = {}
    if view.period != usual.period:
        found |= period_params(view.period)
    if view.grain != usual.grain:
        found["grain"] = view.grain
    if view.comparison != usual.comparison:
        found["comparison"] = view.comparison
    if view.segment != usual.segment:
        found["segment"] = segment_text(view.segment)
    return found


def full(view: View) -> dict[str, str]:
    """All query parameters of a view, for a page whose usual one may be another."""
    return {
        **period_params(view.period),
        "grain": view.grain,
        "comparison": view.comparison,
        "segment": segment_text(view.segment),
    }


def parsed(given: Mapping[str, str], *, usual: View) -> tuple[View, list[str]]:
    """The view of query parameters, and a sentence for each that cannot be taken.

    What is absent or refused is as in the page's `usual` view; other parameters are let be.
    """
    refused: list[str] = []

    def taken(name: str, read: Callable[[str], T], otherwise: T) -> T:
        if name not in given:
            return otherwise
        try:
            return read(given[name])
        except ValueError as error:
            refused.append(refusal(name, given[name], str(error)))
            return otherwise

    view = View(
        period=taken("period", lambda text: period(text, given), usual.period),
        grain=taken("grain", grain, usual.grain),
        comparison=taken("comparison", comparison, usual.comparison),
        segment=taken("segment", segment, usual.segment),
    )
    return view, refused


def refusal(name: str, text: str, why: str, *, label: str = "") -> str:
    """What a page says of a parameter that it cannot take; `label` is that of its control."""
    control = label or LABELS.get(name, name.capitalize())
    told = f"The page shows its usual choice under “{control}” instead."
    return f"The address says {name} “{text}”: {why}. {told}"


def period_params(of: Period) -> dict[str, str]:
    """`{"period": "2025-03"}`, or from and to for days without a name in the calendar."""
    text = period_text(of)
    if text is not None:
        return {"period": text}
    assert isinstance(of, Span)
    return {"period": BETWEEN, "from": f"{of.first}", "to": f"{of.last}"}


def period_text(of: Period) -> str | None:
    """`latest`, `2025`, `2025-03`, `2025-W10` or `2025-03-03`; None for other days."""
    if isinstance(of, Named):
        return of.value
    year, week, weekday = of.first.isocalendar()
    if of.first == of.last:
        return f"{of.first}"
    if weekday == 1 and of.last == of.first + timedelta(days=WEEK_DAYS - 1):
        return f"{year:04}-W{week:02}"
    if of.first.day == 1 and of.last == month_end(of.first):
        return f"{of.first:%Y-%m}"
    if (of.first.month, of.first.day) == (1, 1) and of.last == of.first.replace(month=12, day=31):
        return f"{of.first:%Y}"
    return None


_FORMS = re.compile(
    r"(?P<year>\d{4})(?:-W(?P<week>\d\d)|-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?", re.ASCII
)


def period(text: str, given: Mapping[str, str] | None = None) -> Period:
    """The period of a text; `between` takes `from` and `to` of `given`. Raises `ValueError`."""
    if text in set(Named):
        return Named(text)
    if text == BETWEEN:
        return _between(given or {})
    found = _FORMS.fullmatch(text)
    if found is None:
        raise ValueError(
            "a period is latest, last-2-weeks, last-3-months, last-year, all, a year like 2025, a "
            "month like 2025-03, a week like 2025-W10, a day like 2025-03-03, or between"
        )
    year = int(found["year"])
    try:
        if found["week"]:
            monday = date.fromisocalendar(year, int(found["week"]), 1)
            return Span(monday, monday + timedelta(days=WEEK_DAYS - 1))
        if found["day"]:
            day = date(year, int(found["month"]), int(found["day"]))
            return Span(day, day)
        if found["month"]:
            first = date(year, int(found["month"]), 1)
            return Span(first, month_end(first))
        return Span(date(year, 1, 1), date(year, 12, 31))
    except (ValueError, OverflowError):
        raise ValueError("the calendar has no such period") from None


def _between(given: Mapping[str, str]) -> Span:
    try:
        return Span(date.fromisoformat(given["from"]), date.fromisoformat(given["to"]))
    except KeyError as lacking:
        raise ValueError(f"it takes {lacking.args[0]}, a day like 2025-03-03") from None


def grain(text: str) -> Grain:
    """Raises `ValueError` for anything but hour, day, week and month."""
    for each in EVERY_GRAIN:
        if each == text:
            return each
    raise ValueError("a grain is hour, day, week or month")


def comparison(text: str) -> Comparison:
    """Raises `ValueError` for anything but previous, year-ago and none."""
    for each in COMPARISONS:
        if each == text:
            return each
    raise ValueError("a comparison is previous, year-ago or none")


def segment(text: str) -> Segment | None:
    """`country:DE`; `all` is the whole company. Raises `ValueError` without a colon."""
    if text == Named.ALL:
        return None
    name, colon, value = text.partition(":")
    if not (name and colon and value):
        raise ValueError("a segment is a name and a value, like country:DE")
    return Segment(name, value)


def segment_text(of: Segment | None) -> str:
    """`country:DE`, or `all`."""
    return str(Named.ALL) if of is None else f"{of.name}:{of.value}"


def month_end(day: date) -> date:
    """The last day of the month that `day` lies in."""
    after = day.replace(day=28) + timedelta(days=4)
    return after - timedelta(days=after.day)


def grain_start(day: date, of: Grain) -> date:
    """The first day of the month, week (Monday) or day that `day` lies in; of an hour its day."""
    if of == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if of == "week" else day


def grain_end(day: date, of: Grain) -> date:
    """The last day of the month, week (Sunday) or day that `day` lies in; of an hour its day."""
    if of == "month":
        return month_end(day)
    return day + timedelta(days=WEEK_DAYS - 1 - day.weekday()) if of == "week" else day


def is_aligned(span: Span, of: Grain) -> bool:
    """Whether a span is made of whole periods of a grain."""
    return grain_start(span.first, of) == span.first and grain_end(span.last, of) == span.last


def days(of: Period, *, first: date, last: date) -> Span:
    """The days a period covers of data from `first` to `last`.

    `latest` is the page's to answer, for it depends on what is complete; here it is all days.
    """
    if isinstance(of, Span):
        return of
    back = of.days
    return Span(first, last) if back is None else Span(last - timedelta(days=back - 1), last)
