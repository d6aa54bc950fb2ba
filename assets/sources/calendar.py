"""How is the calendar read? One CSV row per day and event: promotions, holidays, outages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import duckdb

from assets.sources.mapped_table import DAY, TableSettings, Wanted, read_mapped
from assets.sources.public_holidays import holiday_file
from assets.sources.reading import Context, Delivery, Outcome, insert_rows
from hub.home import HubHome
from hub.source_settings import CalendarSource

KINDS = ("promotion", "holiday", "outage", "price_change", "other")
WANTED = (
    Wanted("day", DAY, ("date",), is_required=True, is_filled=True),
    Wanted("kind", headers=("type",), is_required=True, is_filled=True),
    Wanted("name", headers=("title",)),
    Wanted("country"),
)


def find(found: Sequence[Path], source: CalendarSource, home: HubHome) -> list[Path]:
    """A source's files, and that of its public holidays."""
    holidays = holiday_file(source, home, today=datetime.now(UTC).date())
    return [*found, *([holidays] if holidays else [])]


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one calendar file. A kind besides `KINDS` becomes `other`, its word kept in `_extra`."""
    settings = TableSettings(columns=context.source.columns)
    mapped = read_mapped(delivery, context, WANTED, settings)
    kinds = [_kind(text) for text in mapped.columns.get("kind", [])]
    for row, kind in enumerate(kinds):
        if kind is None:
            mapped.extra[row] = {**(mapped.extra[row] or {}), "kind": mapped.columns["kind"][row]}
    if kinds:
        mapped.columns["kind"] = [kind or "other" for kind in kinds]
    loaded = insert_rows(
        con, "calendar", mapped.columns, delivery, context, lines=mapped.lines, extra=mapped.extra
    )
    days = mapped.columns.get("day", [])
    first, last = (min(days), max(days)) if days else (None, None)
    return Outcome(
        mapped.table.count, loaded, mapped.table.blank, mapped.rejected, "csv", mapped.detected,
        _midnight(first), _midnight(last),
    )  # fmt: skip


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _kind(text: str) -> str | None:
    word = "_".join(text.lower().replace("-", " ").split())
    return word if word in KINDS else None
