"""In which form does a column write its dates? Decided once, over all values of the column.

A numeric date such as 03/04/2025 says nothing about its order alone. The order is taken from the
values that only one order can read (25/12/2025). When no value tells, or values tell different
things, nothing is guessed: `UndecidedDates` carries both readings.

Local times become UTC with the time zone. A time that a clock change skips is read with the
offset before the change; of a time that happens twice the second (standard time) is taken. This
is what the database does with such times too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from assets.sources.month_names import month_number

ORDERS = ("dmy", "mdy", "ymd")
_AFTERNOON = ("p", "P", "下午", "午後", "오후")
_HALVES = "上午|下午|午前|午後|오전|오후"
_TIME = (
    rf"(?:[T ,]+(?P<early>{_HALVES})?\s*(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    rf"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?|{_HALVES})?)?"
    r"\s*(?P<offset>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})" + _TIME)
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})" + _TIME)
_YEAR_FIRST = re.compile(
    r"(?P<a>\d{4})(?P<mark>[/.-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,2})" + _TIME
)
_NUMERIC = re.compile(
    r"(?P<a>\d{1,2})(?P<mark>[/.-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{4}|\d{2})" + _TIME
)
_MONTH = r"(?P<name>\d{1,2}[月월]|[^\W\d_]{2,12})"
_NAMED = re.compile(
    rf"(?P<a>\d{{1,2}})[/ .-]+(?:de )?{_MONTH}[/ .,-]+(?:de )?(?P<c>\d{{4}}|\d{{2}})" + _TIME
)
_NAME_FIRST = re.compile(rf"{_MONTH}\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}})" + _TIME)


class UndecidedDates(Exception):
    """A column's dates can be read two ways, or contradict each other.

    `examples` holds, per order, one value and how that order reads it.
    """

    def __init__(self, found: str, examples: dict[str, str]) -> None:
        self.found = found
        self.examples = examples
        super().__init__(found)


@dataclass(frozen=True)
class DateForm:
    """How a column is read: `name` for people, `parse` gives a time (with or without offset)
    or None where a value does not fit."""

    name: str
    parse: Callable[[str], datetime | None]


def decide_form(
    values: Collection[str],
    *,
    order: str | None = None,
    strptime: str | None = None,
    earlier_order: str | None = None,
) -> DateForm:
    """The form of a column from its distinct non-empty values; given settings decide alone.

    `earlier_order` is how earlier files of the same source were read: it is used when the values
    themselves do not tell. Raises `UndecidedDates`.
    """
    if strptime is not None:
        return DateForm(strptime, _by_strptime(strptime))
    if order is not None:
        return DateForm(order, lambda text: parse_date(text, order=order))
    votes = {name: [v for v in values if _only(v, name)] for name in ORDERS}
    winners = [name for name in ORDERS if votes[name]]
    if len(winners) > 1:
        raise UndecidedDates(
            "dates that contradict each other: " + " and ".join(repr(votes[w][0]) for w in winners),
            {name: f"{votes[name][0]!r} is {_reading(votes[name][0], name)}" for name in winners},
        )
    if winners:
        return DateForm(winners[0], lambda text: parse_date(text, order=winners[0]))
    undecided = [v for v in values if len(_readings(v)) > 1]
    if undecided and earlier_order in ORDERS:
        return DateForm(earlier_order, lambda text: parse_date(text, order=earlier_order))
    if undecided:
        value = max(undecided)
        readings = _readings(value)
        raise UndecidedDates(
            f"dates that can be read two ways, such as {value!r}",
            {name: f"{value!r} is {when:%Y-%m-%d}" for name, when in readings.items()},
        )
    name = "iso" if any(_ISO.match(v.strip()) for v in values) else "unambiguous"
    return DateForm(name, lambda text: parse_date(text, order="dmy"))


def parse_date(text: str, *, order: str) -> datetime | None:
    """Read one value; `order` matters for all-number dates that do not start with the year."""
    text = text.strip()
    if match := _ISO.match(text) or _COMPACT.match(text):
        return _build(match, match["y"], int(match["m"]), int(match["d"]))
    if match := _NAMED.match(text):
        return _named(match, order)
    if match := _NAME_FIRST.match(text):
        return _build(match, match["y"], month_number(match["name"]) or 0, int(match["d"]))
    if match := _YEAR_FIRST.match(text):
        return _build(match, match["a"], int(match["b"]), int(match["c"]))
    if match := _NUMERIC.match(text):
        return _ordered(match, order)
    return None


def _named(match: re.Match[str], order: str) -> datetime | None:
    """The day stands first, unless the column is written year first."""
    year, day = (match["a"], match["c"]) if order == "ymd" else (match["c"], match["a"])
    if len(year) < 2 or len(day) > 2:
        return None
    return _build(match, year, month_number(match["name"]) or 0, int(day))


def _ordered(match: re.Match[str], order: str) -> datetime | None:
    first, second, third = match["a"], match["b"], match["c"]
    if order == "ymd":
        if len(third) == 4:
            return None
        return _build(match, first, int(second), int(third))
    day, month = (first, second) if order == "dmy" else (second, first)
    return _build(match, third, int(month), int(day))


def _build(match: re.Match[str], year: str, month: int, day: int) -> datetime | None:
    full = int(year) if len(year) == 4 else 2000 + int(year) - 100 * (int(year) >= 70)
    hour = int(match["hour"] or 0)
    if half := match["half"] or match["early"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * half.startswith(_AFTERNOON)
    micro = int((match["part"] or "0")[:6].ljust(6, "0"))
    try:
        return datetime(
            full, month, day, hour, int(match["minute"] or 0), int(match["second"] or 0), micro,
            tzinfo=_offset(match["offset"]),
        )  # fmt: skip
    except ValueError:
        return None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-shift if text[0] == "-" else shift)


def _by_strptime(form: str) -> Callable[[str], datetime | None]:
    def parse(text: str) -> datetime | None:
        try:
            return datetime.strptime(text.strip(), form)
        except ValueError:
            return None

    return parse


def _readings(value: str) -> dict[str, datetime]:
    """The orders that can read a value, where they differ; one entry where they agree.

    Dots are only ever written day first, and a two-digit year stands last unless the first
    number cannot be a day or month. With a month's name only languages that write the year
    first leave a choice.
    """
    match = _NUMERIC.match(value.strip())
    if not match:
        return _named_readings(_NAMED.match(value.strip()))
    names: tuple[str, ...] = ("dmy",) if match["mark"] == "." else ("dmy", "mdy")
    read = {name: when for name in names if (when := _ordered(match, name))}
    if not read and (when := _ordered(match, "ymd")):
        return {"ymd": when}
    if len(set(read.values())) == 1 and len(read) > 1:
        return {}
    return read


def _named_readings(match: re.Match[str] | None) -> dict[str, datetime]:
    if match is None or len(match["c"]) == 4:
        return {}
    read = {name: when for name in ("dmy", "ymd") if (when := _named(match, name))}
    if "dmy" in read and match["name"][-1] not in "月월":
        return {}
    return {} if len(set(read.values())) == 1 < len(read) else read


def _only(value: str, order: str) -> bool:
    readings = _readings(value)
    return len(readings) == 1 and order in readings


def _reading(value: str, order: str) -> str:
    when = parse_date(value, order=order)
    return f"{when:%Y-%m-%d}" if when else "no date"


@dataclass(frozen=True)
class LocalTimes:
    """Times in UTC, and how many fell into a clock change."""

    times: dict[str, datetime]
    skipped: int
    repeated: int


def to_utc(read: Iterable[tuple[str, datetime]], zone: tzinfo) -> LocalTimes:
    """Put parsed times into UTC: those without an offset are local times of `zone`."""
    times: dict[str, datetime] = {}
    skipped = repeated = 0
    for text, when in read:
        if when.tzinfo is None:
            before = when.replace(tzinfo=zone, fold=0)
            after = before.replace(fold=1)
            earlier, later = before.utcoffset(), after.utcoffset()
            if earlier != later and earlier is not None and later is not None:
                is_gap = earlier < later
                skipped += is_gap
                repeated += not is_gap
                before = before if is_gap else after
            when = before
        try:
            times[text] = when.astimezone(UTC)
        except OverflowError:
            continue
    return LocalTimes(times, skipped, repeated)
