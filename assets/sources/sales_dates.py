"""Do a file's dates contradict themselves: day and month swapped wherever the day is 12 or less?

That is what a program leaves behind that reads 13/02/2025 day first and 02/03/2025 month first.
Every date then is a valid one. It shows in two ways: in the order of the file (or of the order
numbers), which the dates follow only when they are swapped back; and in dates that lie far outside
the time of those with a day above 12, which cannot have been swapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from assets.sources.date_forms import to_utc
from assets.sources.mapped_table import MappedTable
from assets.sources.reading import Context, Delivery

_MARGIN_DAYS = 15
_FEWEST_DAYS = 3
_TIDIER = 4  # swapped back, the dates move at most 1 / _TIDIER of the way
_NUMBER = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True)
class Swapped:
    """Evidence of swapped dates: what tells, and a row that shows it."""

    evidence: str
    row: int


def settle_dates(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Refuse dates that contradict themselves, or swap them back when `hub.yml` says so."""
    told = context.source.swapped_days
    if told == "as_written" or not mapped.records:
        return
    times: list[datetime] = [when.astimezone(context.zone) for when in mapped.columns["ordered_at"]]
    if told == "restore":
        restored = {
            str(row): _swap_time(when).replace(tzinfo=None) for row, when in enumerate(times)
        }
        in_utc = to_utc(restored.items(), context.zone).times
        mapped.columns["ordered_at"] = [in_utc[str(row)] for row in range(len(times))]
        mapped.detected["dates"]["swapped_days"] = "restored"
        return
    days = [when.date() for when in times]
    is_told = _is_order_told(mapped, days, context)
    swapped = find_swapped(days, mapped.columns["order_id"], is_order_told=is_told)
    if swapped:
        raise _refusal(mapped, delivery, context, days, swapped)


def _is_order_told(mapped: MappedTable, days: Sequence[date], context: Context) -> bool:
    """False when only earlier files of the source told how the dates are to be read."""
    form = mapped.detected.get("dates", {}).get("ordered_at")
    is_open = form in ("dmy", "mdy") and context.source.date_order is None
    return not is_open or any(day.day > 12 for day in days)


def _refusal(
    mapped: MappedTable,
    delivery: Delivery,
    context: Context,
    days: Sequence[date],
    swapped: Swapped,
) -> Exception:
    record = mapped.records[swapped.row]
    title = mapped.detected["columns"]["ordered_at"]
    written = record.cells[mapped.table.header.index(title)]
    day = days[swapped.row]
    return context.refuse(
        delivery.file,
        line=record.line,
        column=title,
        found=f"dates that contradict themselves: {swapped.evidence}. {written!r} reads {day}; "
        f"with day and month swapped, {swap_day(day)}",
        expected="dates written one way in the whole column",
        remedy="Export the file again with dates as 2025-12-31; or say in hub.yml "
        "`swapped_days: restore` (swap day and month wherever the day is 12 or less), "
        "`swapped_days: as_written`, or the `date_order` of files that show none.",
    )


def swap_day(day: date) -> date:
    """Day and month swapped where both can be either; other days as they are."""
    return date(day.year, day.day, day.month) if day.day <= 12 else day


def _swap_time(when: datetime) -> datetime:
    return when.replace(month=when.day, day=when.month) if when.day <= 12 else when


def find_swapped(
    days: Sequence[date],
    order_ids: Sequence[str | None],
    *,
    is_order_told: bool = True,
) -> Swapped | None:
    """Evidence that days of 12 or less are swapped, or None. `days` in the order of the file.

    `is_order_told` is False when no date of the file shows how it is written: then the days
    above 12 are not asked for.
    """
    fixed = {day for day in days if day.day > 12}
    loose = {day for day in days if day.day <= 12 and day.day != day.month}
    if len(loose) < _FEWEST_DAYS or (is_order_told and len(fixed) < _FEWEST_DAYS):
        return None
    row = next(row for row, day in enumerate(days) if day in loose)
    for name, rows in _orders(days, order_ids):
        written = _way([days[row] for row in rows])
        restored = _way([swap_day(days[row]) for row in rows])
        if written >= 60 and _TIDIER * restored <= written:
            return Swapped(
                f"{name} the dates go back and forth by {written:,} days in all; with day and "
                f"month swapped where the day is 12 or less, by {restored:,}",
                row,
            )
    return _outside(fixed, loose, row)


def _orders(
    days: Sequence[date], order_ids: Sequence[str | None]
) -> Iterator[tuple[str, Sequence[int]]]:
    yield "in the order of the file", range(len(days))
    numbers = [_NUMBER.search(order_id) if order_id else None for order_id in order_ids]
    numbered = [(int(m[1][-18:]), row) for row, m in enumerate(numbers) if m]
    if 10 * len(numbered) >= 9 * len(days):
        yield "in the order of the order numbers", [row for _, row in sorted(numbered)]


def _way(days: Sequence[date]) -> int:
    """Days gone from each date to the next, forwards and back."""
    return sum(abs((later - earlier).days) for earlier, later in pairwise(days))


def _outside(fixed: set[date], loose: set[date], row: int) -> Swapped | None:
    if not fixed:
        return None
    first, last = min(fixed), max(fixed)

    def strays(days: set[date]) -> int:
        return sum(
            (first - day).days > _MARGIN_DAYS or (day - last).days > _MARGIN_DAYS for day in days
        )

    written, restored = strays(loose), strays({swap_day(day) for day in loose})
    if written >= 5 and 2 * written >= len(loose) and restored == 0:
        return Swapped(
            f"dates with a day above 12 lie between {first} and {last}, yet {written} of "
            f"{len(loose)} days up to 12 lie outside; with day and month swapped, none",
            row,
        )
    return None
