"""Which columns does a kind want of a table, and under which headers do they stand?

A kind declares what it wants (`Wanted`); `hub.yml` may name the header of each. A column that is
required and cannot be found refuses the file; columns nobody wants are kept in `_extra`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.sources.csv_table import CsvTable
from assets.sources.problem import known_columns
from assets.sources.reading import Context, Delivery

TEXT, TIME, DAY, NUMBER, AMOUNT, INTEGER, BOOLEAN = (
    "text", "time", "day", "number", "amount", "integer", "boolean",
)  # fmt: skip


_SHOWN = 6


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


def find_columns(
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
                published_found=known_columns(table.header, _known(wanted, settings)),
                expected=" or ".join(f"`{name}`" for name in names[:_SHOWN])
                + (", or another name for it" if len(names) > _SHOWN else ""),
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


def _known(wanted: Sequence[Wanted], settings: TableSettings) -> set[str]:
    """Every header that a column of ours may stand under."""
    named = {name for column in wanted for name in (column.name, *column.headers)}
    return named | set(settings.columns.values())


def spare_cells(
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
