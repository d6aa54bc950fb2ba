"""What is missing from the numbers, whose periods wait for it, and what to do? In sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from hub.source_base import STREAMS

Row = Mapping[str, Any]
_UNTIL_RATES = (
    "Periods with these days are incomplete. Deliver rates of {} by a source of kind `rates`; one "
    "holds for 31 days at most."
)


def shortfalls(sources: Sequence[Row], exclusions: Iterable[Row]) -> list[str]:
    """Of `mart_data_health_sources` and `mart_data_health_exclusions`, one sentence a shortfall.

    A build of a version that did not count them tells none.
    """
    return [
        *(told for row in sources if (told := _not_ended(row))),
        *(told for row in sources if (told := _held_back(row))),
        *(told for row in sources if (told := _nothing_yet(row, sources))),
        *(told for row in sources if (told := _cost_without_rate(row))),
        *(_without_rate(row) for row in exclusions if row["excluded_as"] == "no_rate"),
    ]


def _held_back(row: Row) -> str:
    """What a source holds back that lags behind the others of its kind by a day or more."""
    if not _given(row.get("days_behind")):
        return ""
    last, kind = _day(row["last_day"]), _words(row["kind"])
    return (
        f"{row['source']} stops on {last}, while other {kind} go on to "
        f"{_day(row['kind_last_day'])}: until it delivers more, periods that go on after its last "
        f"record are incomplete in every metric of {kind} and compared with none. Deliver what is "
        f"missing, or write `ended: {last}` below {row['source']} in hub.yml if it is closed."
    )


def _not_ended(row: Row) -> str:
    """A source that delivered records of days after the one on which hub.yml says it ended."""
    if not row.get("is_awaited") or not _given(row.get("ended_on")):
        return ""
    last = _day(row["last_day"])
    return (
        f"{row['source']} ended on {_day(row['ended_on'])} by hub.yml, yet has records of {last}: "
        f"more of it is awaited. Write `ended: {last}` there, or take the line out if it goes on."
    )


def _nothing_yet(row: Row, sources: Sequence[Row]) -> str:
    """A source without any file, of a kind of which others have delivered."""
    others = [s["source"] for s in sources if s["kind"] == row["kind"] and s["files"]]
    if row["files"] or row["kind"] not in STREAMS or not others:
        return ""
    kind = _words(row["kind"])
    return (
        f"{row['source']} has delivered nothing yet: metrics of {kind} are those of "
        f"{', '.join(map(str, others))} alone, and no period waits for it."
    )


def _without_rate(row: Row) -> str:
    """Order lines that count in no number, as nobody tells what their currency is worth."""
    days = _span(row["first_day"], row["last_day"])
    count, currency = int(row["order_lines"]), str(row["currency"])
    worth = f" of {row['amount']:,.2f} {row['currency']}" if _given(row["amount"]) else ""
    line = f" line {int(row['first_line'])}" if _given(row.get("first_line")) else ""
    place = f"; the first in {row['first_file']}{line}" if _given(row.get("first_file")) else ""
    lines, do = ("order line", "counts") if count == 1 else ("order lines", "count")
    return (
        f"{count:,} {lines}{worth} of {row['source']} {days} {do} in no number, for {currency} has "
        f"no rate then{place}. {_UNTIL_RATES.format(currency)}"
    )


def _cost_without_rate(row: Row) -> str:
    """Days whose cost is not known, as an amount is in a currency without a rate."""
    if not _given(row.get("days_without_rate")):
        return ""
    count, currency = int(row["days_without_rate"]), str(row["currency_without_rate"])
    days = _span(row["first_day_without_rate"], row["last_day_without_rate"])
    return (
        f"The cost of {count:,} day{'' if count == 1 else 's'} of {row['source']} {days} is not "
        f"known, for an amount has no rate, such as one in {currency}. "
        f"{_UNTIL_RATES.format(currency)}"
    )


def _span(first: Any, last: Any) -> str:
    return (
        f"on {_day(first)}" if _day(first) == _day(last) else f"from {_day(first)} to {_day(last)}"
    )


def _given(value: Any) -> bool:
    """Whether there is a value, and not zero; frames tell that there is none as NaN or NaT."""
    return value is not None and value == value and bool(value)


def _day(value: Any) -> str:
    return value.isoformat()[:10] if isinstance(value, date) else str(value)[:10]


def _words(kind: str) -> str:
    return {"jira": "issues", "sales": "sales"}.get(kind, kind.replace("_", " "))
