"""How does a table with one column a thing become one row a thing?

A day and a column for each service, currency or series is how spreadsheets and panels export.
Each filled cell becomes a record of its own, whose text is its line with that cell alone, so that
it can be read again by itself. Empty cells are blank.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence

from assets.sources.csv_table import CsvRecord, CsvTable, fold


def unpivot(
    table: CsvTable,
    *,
    keep: Sequence[str],
    name: str,
    value: str,
    empty: Collection[str] = ("",),
) -> CsvTable:
    """A table with the columns `keep`, `name` (the header of a cell) and `value` (the cell).

    `empty` are cell texts, in lower case, that say that there is no value.
    """
    kept = [table.places(title)[0] for title in keep]
    places = [place for place, title in enumerate(table.header) if title and place not in kept]
    made = CsvTable(
        [*keep, name, value], table.encoding, table.delimiter, rejected=list(table.rejected),
        blank=table.blank, header_line=table.header_line,
    )  # fmt: skip
    for record in table.records:
        for place in places:
            cell = record.cells[place] if place < len(record.cells) else ""
            if fold(cell) in empty:
                made.blank += 1
                continue
            cells = [*(record.cells[k] for k in kept), table.header[place], cell]
            alone = line_with(record.cells, {*kept, place}, table.delimiter or ",")
            made.records.append(CsvRecord(record.line, cells, alone))
    return made


def line_with(cells: Sequence[str], places: Collection[int], delimiter: str) -> str:
    """A CSV line with the cells at these places, the others empty."""
    out = io.StringIO()
    row = [cell if place in places else "" for place, cell in enumerate(cells)]
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(row)
    return out.getvalue()
