"""How does a CSV become typed columns? The way every table-like kind is read.

A kind declares the columns it wants (`Wanted`); the header, `hub.yml`'s mapping and the values
decide the rest. A column that cannot be found or whose dates or numbers stay undecided refuses the
file; a cell that cannot be read sets its record aside with line, column and reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from assets.sources import quarantine
from assets.sources.cell_values import (
    UndecidedNumbers,
    decide_decimal,
    parse_boolean,
    parse_decimal,
    parse_integer,
)
from assets.sources.content import Unreadable, read_content
from assets.sources.csv_table import CsvRecord, CsvTable, read_table
from assets.sources.date_forms import UndecidedDates, decide_form, to_utc
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery

TEXT, TIME, DAY, NUMBER, AMOUNT, INTEGER, BOOLEAN = (
    "text", "time", "day", "number", "amount", "integer", "boolean",
)  # fmt: skip
_NUMERIC = (NUMBER, AMOUNT, INTEGER)
_EXPECTED = {
    TIME: "a date or time in the form of the column",
    DAY: "a date in the form of the column",
    NUMBER: "a number",
    AMOUNT: "a number",
    INTEGER: "a whole number",
    BOOLEAN: "yes or no, true or false, 1 or 0",
}
_REASON = {TIME: quarantine.BAD_TIMESTAMP, DAY: quarantine.BAD_TIMESTAMP}


@dataclass(frozen=True)
class Wanted:
    """A column of ours: its type, the headers it is known by, and whether it must be there.

    `is_filled`: a record without a value is set aside.
    """

    name: str
    type: str = TEXT
    headers: tuple[str, ...] = ()
    is_required: bool = False
    is_filled: bool = False


@dataclass(frozen=True)
class TableSettings:
    """What `hub.yml` says about the files of a source; None is decided from the file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    date_format: str | None = None
    date_order: str | None = None


@dataclass
class MappedTable:
    """Typed columns of equal length; row i comes from `records[i]`. `rejected` are the others."""

    table: CsvTable
    columns: dict[str, list[Any]]
    records: list[CsvRecord]
    rejected: list[Rejected]
    extra: list[dict[str, Any] | None]
    detected: dict[str, Any]

    @property
    def lines(self) -> list[int | None]:
        return [record.line for record in self.records]

    def reject(self, problems: Mapping[int, Rejected]) -> None:
        """Set the rows at these positions aside."""
        if not problems:
            return
        keep = [row for row in range(len(self.records)) if row not in problems]
        self.rejected.extend(problems[row] for row in sorted(problems))
        self.records = [self.records[row] for row in keep]
        self.extra = [self.extra[row] for row in keep]
        self.columns = {name: [cells[row] for row in keep] for name, cells in self.columns.items()}

    def rejection(
        self, row: int, reason: str, column: str, found: str | None, expected: str
    ) -> Rejected:
        record = self.records[row]
        return Rejected(record.line, reason, column, found, expected, record.raw)


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
    table = _parse(delivery, context, wanted, settings)
    if not table.header:
        return _without_header(table, delivery, context)
    places = _find_columns(table, delivery, context, wanted, settings)
    detected: dict[str, Any] = {
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "columns": {name: table.header[place] for name, place in places.items()},
    }
    extra = _extra(table, set(places.values()), not_extra)
    columns = {
        name: [record.cells[place].strip() or None for record in table.records]
        for name, place in places.items()
    }
    mapped = MappedTable(table, columns, table.records, list(table.rejected), extra, detected)
    _reject_unfilled(mapped, wanted)
    _convert(mapped, delivery, context, wanted, settings)
    for column in wanted:
        mapped.columns.setdefault(column.name, [None] * len(mapped.records))
    return mapped


def _parse(
    delivery: Delivery, context: Context, wanted: Sequence[Wanted], settings: TableSettings
) -> CsvTable:
    names = [settings.columns.get(column.name, column.name) for column in wanted]
    names += [header for column in wanted for header in column.headers]
    try:
        data = read_content(delivery.path, delivery.content.content_bytes)
        _check_line_end(data, delivery, context)
        return read_table(
            data,
            delimiter=settings.delimiter,
            encoding=settings.encoding,
            wanted=names,
            skip_bytes=delivery.start_byte,
        )
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
    start = delivery.start_byte
    if (
        start
        and data[start - 1 : start] not in (b"\n", b"\r")
        and data[start : start + 1]
        not in (
            b"\n",
            b"\r",
        )
    ):
        raise context.refuse(
            delivery.file,
            found="a file whose last line went on after it was loaded",
            expected="new records on lines of their own",
            remedy="Deliver the new records as a file of its own.",
        )


def _without_header(table: CsvTable, delivery: Delivery, context: Context) -> MappedTable:
    if delivery.content.samples:
        raise context.refuse(
            delivery.file,
            line=1,
            found="no header line",
            expected="column names on the first line",
            remedy="Export the table with its header.",
        )
    return MappedTable(table, {}, [], [], [], {"encoding": table.encoding})


def _find_columns(
    table: CsvTable,
    delivery: Delivery,
    context: Context,
    wanted: Sequence[Wanted],
    settings: TableSettings,
) -> dict[str, int]:
    places: dict[str, int] = {}
    for column in wanted:
        given = settings.columns.get(column.name)
        names = (given,) if given else (column.name, *column.headers)
        found = [place for name in names for place in table.places(name)]
        if found:
            places[column.name] = found[0]
        elif given or column.is_required:
            header = ", ".join(title for title in dict.fromkeys(table.header) if title)
            raise context.refuse(
                delivery.file,
                line=table.header_line,
                column=given or column.name,
                found=f"the columns {header[:500]}",
                expected=" or ".join(f"`{name}`" for name in names),
                remedy=f"Map it in hub.yml: `columns: {{{column.name}: <header in the file>}}`.",
            )
    unknown = sorted(set(settings.columns) - {column.name for column in wanted})
    if unknown:
        raise context.refuse(
            delivery.file,
            column=unknown[0],
            found=f"`columns: {{{unknown[0]}: …}}` in hub.yml",
            expected="one of " + ", ".join(column.name for column in wanted),
            remedy="Correct the name on the left of the mapping.",
        )
    return places


def _extra(
    table: CsvTable, used: set[int], not_extra: Sequence[str]
) -> list[dict[str, Any] | None]:
    """Cells of columns nobody declared; a repeated column as the list of its values."""
    dropped = {place for name in not_extra for place in table.places(name)}
    spare: dict[str, list[int]] = {}
    for place, title in enumerate(table.header):
        if title and place not in used and place not in dropped:
            spare.setdefault(title, []).append(place)
    if not spare:
        return [None] * len(table.records)

    def rest(cells: list[str]) -> dict[str, Any] | None:
        row: dict[str, Any] = {}
        for title, positions in spare.items():
            values = [cells[place] for place in positions if place < len(cells) and cells[place]]
            if values:
                row[title] = values if len(positions) > 1 else values[0]
        return row or None

    return [rest(record.cells) for record in table.records]


def _reject_unfilled(mapped: MappedTable, wanted: Sequence[Wanted]) -> None:
    problems: dict[int, Rejected] = {}
    for column in wanted:
        if not column.is_filled or column.name not in mapped.columns:
            continue
        for row, cell in enumerate(mapped.columns[column.name]):
            if cell is None and row not in problems:
                problems[row] = mapped.rejection(
                    row, quarantine.MISSING_REQUIRED, column.name, None, f"a {column.name} value"
                )
    mapped.reject(problems)


def _convert(
    mapped: MappedTable,
    delivery: Delivery,
    context: Context,
    wanted: Sequence[Wanted],
    settings: TableSettings,
) -> None:
    """Turn text cells into typed ones, column by column, each distinct text once."""
    present = [c for c in wanted if c.name in mapped.columns and c.type != TEXT]
    sign = _decimal_sign(mapped, delivery, context, present, settings)
    problems: dict[int, Rejected] = {}
    converted: dict[str, list[Any]] = {}
    for column in present:
        cells = mapped.columns[column.name]
        distinct = {cell for cell in cells if cell is not None}
        if column.type in (TIME, DAY):
            known = _dates(mapped, delivery, context, column, distinct, settings)
        else:
            known = _values(column.type, distinct, sign)
        for row, cell in enumerate(cells):
            if cell is not None and cell not in known and row not in problems:
                reason = _REASON.get(column.type, quarantine.BAD_NUMBER)
                reason = quarantine.BAD_VALUE if column.type == BOOLEAN else reason
                problems[row] = mapped.rejection(
                    row, reason, column.name, cell, _EXPECTED[column.type]
                )
        converted[column.name] = [None if cell is None else known.get(cell) for cell in cells]
    mapped.columns.update(converted)
    mapped.reject(problems)


def _decimal_sign(
    mapped: MappedTable,
    delivery: Delivery,
    context: Context,
    present: Sequence[Wanted],
    settings: TableSettings,
) -> str:
    numeric = [column.name for column in present if column.type in _NUMERIC]
    if settings.decimal or not numeric:
        return settings.decimal or "."
    cells = {cell for name in numeric for cell in mapped.columns[name] if cell is not None}
    try:
        earlier = (delivery.before or context.earlier).get("decimal", {}).get("sign")
        evidence = decide_decimal(cells, earlier=earlier)
    except UndecidedNumbers as error:
        raise context.refuse(
            delivery.file,
            column=", ".join(numeric),
            found=str(error),
            expected="numbers that show which sign stands before the decimals",
            remedy='Say it in hub.yml: `decimal: "."` or `decimal: ","`.',
        ) from error
    if evidence.example:
        mapped.detected["decimal"] = {"sign": evidence.sign, "seen_in": evidence.example}
    return evidence.sign


def _values(kind: str, distinct: set[str], sign: str) -> dict[str, Any]:
    parse: Callable[[str], Any]
    if kind == BOOLEAN:
        parse = parse_boolean
    elif kind == INTEGER:
        parse = lambda text: parse_integer(text, sign=sign)  # noqa: E731
    else:
        parse = lambda text: parse_decimal(text, sign=sign)  # noqa: E731
    read = {text: parse(text) for text in distinct}
    as_float = kind == NUMBER
    return {t: float(v) if as_float else v for t, v in read.items() if v is not None}


def _dates(
    mapped: MappedTable,
    delivery: Delivery,
    context: Context,
    column: Wanted,
    distinct: set[str],
    settings: TableSettings,
) -> Mapping[str, datetime | date]:
    try:
        form = decide_form(
            distinct,
            order=settings.date_order,
            strptime=settings.date_format,
            earlier_order=(delivery.before or context.earlier).get("dates", {}).get(column.name),
        )
    except UndecidedDates as error:
        readings = "; or ".join(f"{order}: {text}" for order, text in error.examples.items())
        raise context.refuse(
            delivery.file,
            column=mapped.detected["columns"][column.name],
            found=f"{error.found} ({readings})",
            expected="a column that shows its order of day and month",
            remedy="Say the order in hub.yml with `date_format` (such as `%d/%m/%Y`) or "
            "`date_order` (dmy or mdy), whichever the source has.",
        ) from error
    read = {text: when for text in distinct if (when := form.parse(text))}
    mapped.detected.setdefault("dates", {})[column.name] = form.name
    _check_same_form(mapped, delivery, context, column, form.name)
    if column.type == DAY:
        return {text: when.date() for text, when in read.items()}
    local = to_utc(read.items(), context.zone)
    for name, count in (("skipped", local.skipped), ("repeated", local.repeated)):
        if count:
            key = f"local_times_{name}_by_clock_change"
            mapped.detected[key] = mapped.detected.get(key, 0) + count
    return local.times


def _check_same_form(
    mapped: MappedTable, delivery: Delivery, context: Context, column: Wanted, form: str
) -> None:
    """The tail of a grown file must be read as its beginning was."""
    before = (delivery.before or {}).get("dates", {}).get(column.name)
    if before in ("dmy", "mdy", "ymd") and form != before:
        raise context.refuse(
            delivery.file,
            column=mapped.detected["columns"][column.name],
            found=f"dates that now read {form}, while the earlier part was read {before}",
            expected="one order of day and month in a file",
            remedy="Say the order in hub.yml, and load into a new warehouse.",
        )
