"""How does a file of records become a table, whether it is CSV or JSON?

The members of a JSON object are its cells; members of nested objects are named with a dot
(`user.id`). Lists stay JSON text. From there on both forms are read alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assets.sources.content import Unreadable, read_content
from assets.sources.csv_table import CsvRecord, CsvTable
from assets.sources.json_records import (
    OBJECT,
    BrokenDocument,
    JsonRecords,
    looks_like_json,
    read_json_records,
)
from assets.sources.mapped_table import NO_DELIMITER, parse_csv
from assets.sources.quarantine import MALFORMED_JSON, Rejected, readable
from assets.sources.reading import Context, Delivery
from assets.sources.table_columns import TableSettings, Wanted

MOST_KEYS = 1000
_DEEPEST = 6


@dataclass(frozen=True)
class RecordTable:
    """A parsed file: its table, its form (`csv`, `json_lines`, …) and where a tail may start."""

    table: CsvTable
    form: str
    resume_byte: int | None = None
    resume_line: int | None = None

    @property
    def is_json(self) -> bool:
        return self.form != "csv"


def is_json(delivery: Delivery) -> bool:
    """Whether a delivery begins as JSON does."""
    return looks_like_json(delivery.content.head)


def read_records(
    delivery: Delivery,
    context: Context,
    wanted: Sequence[Wanted],
    settings: TableSettings,
    *,
    list_keys: Sequence[str] = (),
) -> RecordTable:
    """Read a CSV or JSON delivery. `list_keys` name the list within a page of records.

    Raises `SourceError`.
    """
    if not is_json(delivery):
        return RecordTable(parse_csv(delivery, context, wanted, settings), "csv")
    return json_table(read_json(delivery, context, list_keys=list_keys), delivery, context)


def json_table(
    found: JsonRecords, delivery: Delivery, context: Context, *, header: Sequence[str] = ()
) -> RecordTable:
    """Objects that were read as a table, whose header begins with `header`. Raises
    `SourceError`."""
    rows = [(record.line, record.value, record.raw) for record in found.records]
    table = table_of_objects(rows, delivery, context, header=header)
    table.rejected, table.blank = list(found.rejected), found.blank
    content = delivery.content
    if found.open_line is None or content.last_line_byte is None:
        return RecordTable(table, found.form)
    return RecordTable(table, found.form, content.last_line_byte, content.lines - 1)


def read_json(
    delivery: Delivery, context: Context, *, list_keys: Sequence[str] = ()
) -> JsonRecords:
    """The objects of a JSON delivery; of a grown one those of its tail. Raises `SourceError`."""
    try:
        data = read_content(delivery.path, delivery.content.content_bytes)
        return read_json_records(
            data[delivery.start_byte :],
            list_keys=list_keys,
            is_tail=delivery.start_byte > 0,
            first_line=delivery.start_line,
        )
    except Unreadable as error:
        raise context.refuse(
            delivery.file,
            found=str(error),
            expected="a readable file",
            remedy="Deliver the file again.",
        ) from error
    except BrokenDocument as error:
        raise context.refuse(
            delivery.file,
            line=error.line,
            found=f"{error.found} at column {error.column}",
            expected="a whole JSON document, or one object a line",
            remedy="Deliver the file again when it is written to its end.",
        ) from error


def json_settings(settings: TableSettings, table: RecordTable) -> TableSettings:
    """Settings for values that JSON wrote: its numbers have a decimal point."""
    return replace(settings, decimal=".") if table.is_json else settings


def table_of_objects(
    rows: Sequence[tuple[int, Mapping[str, Any], str]],
    delivery: Delivery,
    context: Context,
    *,
    header: Sequence[str] = (),
) -> CsvTable:
    """Objects (line, members, text) as a table whose header is all their members."""
    flat = [flatten(value) for _, value, _ in rows]
    names = list(dict.fromkeys([*header, *(key for members in flat for key in members)]))
    if len(names) > MOST_KEYS:
        raise context.refuse(
            delivery.file,
            found=f"objects with {len(names):,} different members",
            expected=f"records with at most {MOST_KEYS:,} members",
            remedy="Put what varies (ids, dates) into values, not into names of members.",
        )
    records = [
        CsvRecord(line, [members.get(key, "") for key in names], raw)
        for (line, _, raw), members in zip(rows, flat, strict=True)
    ]
    return CsvTable([readable(key) for key in names], "utf-8", NO_DELIMITER, records)


def flatten(value: Mapping[str, Any], *, prefix: str = "", depth: int = 0) -> dict[str, str]:
    """The members of an object as text cells; nested ones named with dots."""
    cells: dict[str, str] = {}
    for key, member in value.items():
        name = f"{prefix}{key}"
        if isinstance(member, dict) and member and depth < _DEEPEST:
            cells |= flatten(member, prefix=f"{name}.", depth=depth + 1)
        else:
            cells[name] = cell_text(member)
    return cells


def cell_text(value: Any) -> str:
    """A JSON value as the text of a cell; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def objects_in_column(
    table: CsvTable, column: str
) -> tuple[list[tuple[int, dict[str, Any], str]], list[Rejected]]:
    """The JSON objects in a column (line, members, text of the record), and the records whose
    cell holds none."""
    (place, *_) = table.places(column)
    rows: list[tuple[int, dict[str, Any], str]] = []
    rejected: list[Rejected] = []
    for record in table.records:
        value = object_in(record.cells[place])
        if value is None:
            rejected.append(_no_object(record, column))
        else:
            rows.append((record.line, value, record.raw))
    return rows, rejected


def object_in(cell: str) -> dict[str, Any] | None:
    """The JSON object that is the whole of a cell; None when there is none."""
    try:
        found = read_json_records(cell.strip().encode("utf-8", "surrogateescape"))
    except BrokenDocument:
        return None
    if found.form != OBJECT or found.rejected or len(found.records) != 1:
        return None
    return found.records[0].value


def _no_object(record: CsvRecord, column: str) -> Rejected:
    return Rejected(
        record.line, MALFORMED_JSON, column, "no JSON object", "a JSON object", record.raw
    )
