"""In which form were sales delivered? CSV, JSON, Parquet or text of fixed widths, as one table.

Parquet is known by its first bytes and becomes text cells, so that every form is understood the
same way; its records are numbered from 1. Fixed widths are what `hub.yml` says (`widths`).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from assets.sources import quarantine
from assets.sources.csv_table import CsvRecord, CsvTable, decode
from assets.sources.mapped_table import NO_DELIMITER, parse_content, parse_csv
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery
from assets.sources.record_table import is_json, read_records
from assets.sources.table_columns import TableSettings, Wanted

PARQUET = b"PAR1"
LIST_KEYS = ("orders", "order_lines", "lines", "items", "data")
_SURROGATE = re.compile(r"[\udc80-\udcff]")


@dataclass(frozen=True)
class SalesTable:
    """A parsed delivery: its table, its form, how its cells are to be read, where a tail starts."""

    table: CsvTable
    form: str
    settings: TableSettings
    resume_byte: int | None = None
    resume_line: int | None = None


def read_form(
    delivery: Delivery, context: Context, wanted: Sequence[Wanted], settings: TableSettings
) -> SalesTable:
    """The table of a delivery. Raises `SourceError`."""
    source = context.source
    if delivery.content.head.startswith(PARQUET):
        table = read_parquet(delivery, context)
        return SalesTable(table, "parquet", replace(settings, decimal="."))
    if is_json(delivery):
        found = read_records(delivery, context, wanted, settings, list_keys=LIST_KEYS)
        settings = replace(settings, decimal=".")
        return SalesTable(found.table, found.form, settings, found.resume_byte, found.resume_line)
    if source.widths:
        table = parse_content(
            delivery,
            context,
            settings,
            lambda data: read_fixed_widths(
                data,
                source.widths,
                encoding=settings.encoding,
                skip_lines=max(source.skip_lines, delivery.start_line),
            ),
        )
        return SalesTable(table, "fixed_width", settings)
    return SalesTable(parse_csv(delivery, context, wanted, settings), "csv", settings)


def read_parquet(delivery: Delivery, context: Context) -> CsvTable:
    """A Parquet file as a table of text; nulls are empty. Raises `SourceError`."""
    if delivery.content.compression != "none":
        raise context.refuse(
            delivery.file,
            found="a Parquet file that is compressed once more",
            expected="a Parquet file as it was written",
            remedy="Unpack it: Parquet is compressed within.",
        )
    try:
        header, rows = _parquet_cells(delivery.path)
    except duckdb.Error as error:
        told = str(error).splitlines()[0]
        raise context.refuse(
            delivery.file,
            found=f"a file that begins as Parquet and cannot be read ({told})",
            expected="a whole Parquet file",
            remedy="Deliver the file again.",
        ) from error
    table = CsvTable(header, "utf-8", NO_DELIMITER)
    for number, row in enumerate(rows, start=1):
        if all(cell is None or not cell.strip() for cell in row):
            table.blank += 1
            continue
        members = {name: cell for name, cell in zip(header, row, strict=True) if cell is not None}
        raw = json.dumps(members, ensure_ascii=False)
        table.records.append(CsvRecord(number, [cell or "" for cell in row], raw))
    return table


def _parquet_cells(path: Path) -> tuple[list[str], list[tuple[str | None, ...]]]:
    pattern = re.sub(r"([*?\[])", r"[\1]", str(path))  # a path, no pattern of paths
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        described = con.execute("DESCRIBE FROM read_parquet(?)", [pattern]).fetchall()
        names = [row[0] for row in described]
        cells = ", ".join(f'CAST("{_quoted(name)}" AS VARCHAR)' for name in names)
        rows = con.execute(f"SELECT {cells} FROM read_parquet(?)", [pattern]).fetchall()
    return names, rows


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def read_fixed_widths(
    data: bytes,
    widths: Mapping[str, int],
    *,
    encoding: str | None = None,
    skip_lines: int = 0,
) -> CsvTable:
    """Lines cut at fixed places into columns named by `widths` (name to characters, in order)."""
    text, used = decode(data, encoding)
    table = CsvTable(list(widths), used, NO_DELIMITER, header_line=max(1, skip_lines))
    edges = list(_edges(widths))
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        raw = line.rstrip("\r\n")
        if number <= skip_lines:
            continue
        if not raw.strip():
            table.blank += 1
        elif problem := _misfit(raw, number, edges, used):
            table.rejected.append(problem)
        else:
            cells = [raw[start:end].strip() for start, end in edges]
            table.records.append(CsvRecord(number, cells, raw))
    return table


def _edges(widths: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    start = 0
    for width in widths.values():
        yield start, start + width
        start += width


def _misfit(
    raw: str, number: int, edges: Sequence[tuple[int, int]], encoding: str
) -> Rejected | None:
    """Why a line is no record of these widths."""
    if _SURROGATE.search(raw):
        return Rejected(
            number, quarantine.ENCODING, None, "bytes that are no text",
            f"text encoded as {encoding}", raw,
        )  # fmt: skip
    last_start, end = edges[-1]
    if raw[end:].strip() or len(raw.rstrip()) <= last_start:
        return Rejected(
            number, quarantine.WRONG_COLUMN_COUNT, None, f"{len(raw.rstrip())} characters",
            f"{last_start + 1} to {end} characters, as `widths` in hub.yml says", raw,
        )  # fmt: skip
    return None
