"""How does a CSV become typed columns? The way every table-like kind is read.

A kind declares the columns it wants (`Wanted`); the header, `hub.yml`'s mapping and the values
decide the rest (`table_columns`, `typed_cells`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import duckdb

from assets.sources.content import HEAD_SAMPLE_BYTES, Unreadable, read_content
from assets.sources.csv_table import CsvTable, read_table
from assets.sources.reading import Context, Delivery, Outcome, insert_rows
from assets.sources.table_columns import (
    AMOUNT,
    BOOLEAN,
    DAY,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    TableSettings,
    Wanted,
    find_columns,
    spare_cells,
)
from assets.sources.typed_cells import MappedTable, convert, reject_unfilled

__all__ = [
    "AMOUNT", "BOOLEAN", "DAY", "INTEGER", "NUMBER", "TEXT", "TIME",
    "MappedTable", "TableSettings", "Wanted",
    "load_mapped", "map_table", "parse_content", "parse_csv", "read_mapped",
]  # fmt: skip

NO_DELIMITER = ""  # of a table that was made of JSON objects


def read_mapped(
    delivery: Delivery,
    context: Context,
    wanted: Sequence[Wanted],
    settings: TableSettings,
    *,
    not_extra: Sequence[str] = (),
) -> MappedTable:
    """Read one CSV delivery. `not_extra` are headers that are not kept in `_extra`.

    Raises `SourceError`.
    """
    table = parse_csv(delivery, context, wanted, settings)
    return map_table(table, delivery, context, wanted, settings, not_extra=not_extra)


def map_table(
    table: CsvTable,
    delivery: Delivery,
    context: Context,
    wanted: Sequence[Wanted],
    settings: TableSettings,
    *,
    not_extra: Sequence[str] = (),
) -> MappedTable:
    """The wanted columns of a parsed table, typed. Raises `SourceError`."""
    if not table.header:
        return _without_header(table, delivery, context)
    places = find_columns(table, delivery, context, wanted, settings)
    detected: dict[str, Any] = {
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "columns": {name: table.header[place] for name, place in places.items()},
    }
    extra = spare_cells(table, set(places.values()), not_extra)
    columns = {
        name: [record.cells[place].strip() or None for record in table.records]
        for name, place in places.items()
    }
    mapped = MappedTable(table, columns, table.records, list(table.rejected), extra, detected)
    reject_unfilled(mapped, wanted)
    convert(mapped, delivery, context, wanted, settings)
    for column in wanted:
        mapped.columns.setdefault(column.name, [None] * len(mapped.records))
    return mapped


def load_mapped(
    con: duckdb.DuckDBPyConnection,
    name: str,
    mapped: MappedTable,
    delivery: Delivery,
    context: Context,
    *,
    form: str = "csv",
    times: Sequence[str] = (),
    resume: tuple[int | None, int | None] = (None, None),
) -> Outcome:
    """Append a mapped table to `raw.<name>`; `times` name the columns that give its span."""
    loaded = insert_rows(
        con, name, mapped.columns, delivery, context, lines=mapped.lines, extra=mapped.extra
    )
    told = [when for column in times for when in mapped.columns.get(column, []) if when is not None]
    first, last = (_instant(pick(told)) for pick in (min, max)) if told else (None, None)
    return Outcome(
        loaded + len(mapped.rejected) + mapped.table.blank, loaded, mapped.table.blank,
        mapped.rejected, form, mapped.detected, first, last, *resume,
    )  # fmt: skip


def _instant(when: datetime | date) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time(), UTC)


def parse_csv(
    delivery: Delivery, context: Context, wanted: Sequence[Wanted], settings: TableSettings
) -> CsvTable:
    """The records of a CSV delivery; of a grown one those of its tail. Raises `SourceError`."""
    names = [settings.columns.get(column.name, column.name) for column in wanted]
    names += [header for column in wanted for header in column.headers]

    def parse(data: bytes) -> CsvTable:
        return read_table(
            data,
            delimiter=settings.delimiter,
            encoding=settings.encoding,
            wanted=names,
            skip_bytes=delivery.start_byte,
        )

    return parse_content(delivery, context, settings, parse)


def parse_content(
    delivery: Delivery,
    context: Context,
    settings: TableSettings,
    parse: Callable[[bytes], CsvTable],
) -> CsvTable:
    """What `parse` makes of a delivery's bytes, its errors told as refusals (`SourceError`)."""
    try:
        data = read_content(delivery.path, delivery.content.content_bytes)
        _check_line_end(data, delivery, context)
        return parse(data)
    except Unreadable as error:
        raise context.refuse(
            delivery.file,
            found=str(error),
            expected="a readable file",
            remedy="Deliver the file again.",
        ) from error
    except (LookupError, UnicodeError) as error:
        raise context.refuse(
            delivery.file,
            found=f"text that is not {settings.encoding} ({error})",
            expected="the encoding that hub.yml names",
            remedy="Correct `encoding` in hub.yml, or leave it out to have it detected.",
        ) from error


def _check_line_end(data: bytes, delivery: Delivery, context: Context) -> None:
    """A grown file must have grown by whole lines: else its last record was loaded half."""
    start, ends = delivery.start_byte, (b"\n", b"\r")
    if start and data[start - 1 : start] not in ends and data[start : start + 1] not in ends:
        raise context.refuse(
            delivery.file,
            found="a file whose last line went on after it was loaded",
            expected="new records on lines of their own",
            remedy="Deliver the new records as a file of its own.",
        )


def _without_header(table: CsvTable, delivery: Delivery, context: Context) -> MappedTable:
    if table.delimiter == NO_DELIMITER:  # JSON in which no line is an object
        return MappedTable(table, {}, [], list(table.rejected), [], {})
    if delivery.content.samples or delivery.content.content_bytes > HEAD_SAMPLE_BYTES:
        raise context.refuse(
            delivery.file,
            line=1,
            found="no header line",
            expected="column names on the first line",
            remedy="Export the table with its header.",
        )
    return MappedTable(table, {}, [], [], [], {"encoding": table.encoding})
