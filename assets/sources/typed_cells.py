"""What do the text cells of a table mean? Dates, numbers and yes/no, decided column by column.

A column whose dates or numbers stay undecided refuses the file; a cell that cannot be read sets
its record aside with line, column and reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from assets.sources.csv_table import CsvRecord, CsvTable
from assets.sources.date_forms import UndecidedDates, decide_form, to_utc
from assets.sources.epoch_times import UndecidedEpoch, epoch_times, is_epoch
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery
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
)

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


def reject_unfilled(mapped: MappedTable, wanted: Sequence[Wanted]) -> None:
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


def convert(
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
    elif earlier and evidence.is_from_earlier:
        mapped.detected["decimal"] = {"sign": earlier, "told_by": "earlier files of the source"}
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
    """The times (or days) of a column by their text, counted or written."""
    if column.type == TIME and not settings.date_format and is_epoch(distinct):
        return _counted_times(mapped, delivery, context, column, distinct)
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


def _counted_times(
    mapped: MappedTable, delivery: Delivery, context: Context, column: Wanted, distinct: set[str]
) -> Mapping[str, datetime]:
    try:
        counted = epoch_times(distinct)
    except UndecidedEpoch as error:
        raise context.refuse(
            delivery.file,
            column=mapped.detected["columns"][column.name],
            found=str(error),
            expected="times counted in one unit",
            remedy="Export the column with written times, or in one unit.",
        ) from error
    mapped.detected.setdefault("dates", {})[column.name] = f"epoch_{counted.unit}"
    return counted.times


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
