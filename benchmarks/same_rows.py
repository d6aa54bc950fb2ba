"""Are two tables the same, whatever the order of their rows and the last digits of their floats?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

RELATIVE_TOLERANCE = 1e-9
# Below this a difference of floats is what is left of numbers that cancel out.
ABSOLUTE_TOLERANCE = 1e-12
_KINDS = (
    ("TIMESTAMP", "instant"),
    ("DECIMAL", "decimal"),
    ("DOUBLE", "float"),
    ("FLOAT", "float"),
    ("DATE", "date"),
    ("BOOLEAN", "boolean"),
    ("VARCHAR", "text"),
    ("JSON", "text"),
)

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Likeness:
    """What two tables have in common; `found` says each difference in words, empty if none."""

    rows: int
    found: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not self.found


def compare(con: duckdb.DuckDBPyConnection, first: str, second: str) -> Likeness:
    """Compare what two names after `from` stand for: columns, kinds of types, and every row.

    Whole numbers of any width are one kind, and so are decimals of one scale. Rows without an exact
    counterpart are set side by side in the order of all that is no float; floats may differ by a
    billionth, nothing else.
    """
    here, there = _types(con, first), _types(con, second)
    if list(here) != list(there):
        return Likeness(0, (f"columns {sorted(set(here) ^ set(there)) or 'in another order'}",))
    found = [
        f"type of {name}: {here[name]}, {there[name]}"
        for name in here
        if kind_of(here[name]) != kind_of(there[name])
    ]
    names = sorted(here, key=lambda name: _is_blurred(here[name]) or _is_blurred(there[name]))
    rows, others = _count(con, first), _count(con, second)
    if rows != others:
        found.append(f"rows: {rows}, {others}")
    else:
        columns = _columns(names, here)
        only_here = _rows_only_in(con, first, second, columns)
        only_there = _rows_only_in(con, second, first, columns)
        found.extend(differences(names, only_here, only_there))
    return Likeness(rows, tuple(found))


def kind_of(data_type: str) -> str:
    """What a type of DuckDB holds, without its width."""
    name = data_type.upper()
    if name.endswith("[]"):
        return f"list of {kind_of(data_type[:-2])}"
    if name.startswith("DECIMAL"):
        return f"decimal of scale {name.rstrip(')').rsplit(',', 1)[-1].strip()}"
    if name.endswith("INT") or name == "INTEGER":
        return "integer"
    return next((kind for start, kind in _KINDS if name.startswith(start)), name)


def differences(names: Sequence[str], rows: list[Row], others: list[Row]) -> list[str]:
    """A line for each column that differs between rows side by side: how often, and the first."""
    told = []
    for place, name in enumerate(names):
        wrong = [
            n
            for n, (row, other) in enumerate(zip(rows, others, strict=True))
            if not is_near(row[place], other[place])
        ]
        if wrong:
            row, other = rows[wrong[0]], others[wrong[0]]
            told.append(
                f"{name} in {len(wrong)} rows: {row[place]!r}, {other[place]!r}"
                f" (first of row {row[:3]!r})"
            )
    return told


def is_near(value: Any, other: Any) -> bool:
    """Whether two values are the same, floats to a billionth, lists in any order."""
    if value is None or other is None:
        return value is other
    if isinstance(value, list):
        pairs = zip(sorted(value), sorted(other), strict=False)
        return len(value) == len(other) and all(is_near(*pair) for pair in pairs)
    if isinstance(value, float) or isinstance(other, float):
        both = float(value), float(other)
        return all(map(math.isnan, both)) or math.isclose(
            *both, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE
        )
    return bool(value == other)


def _types(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    described = con.execute(f"describe select * from {table}").fetchall()
    return {str(name): str(data_type) for name, data_type, *_ in described}


def _is_blurred(data_type: str) -> bool:
    """Whether rows cannot be put in order by it: floats may differ, lists have no order."""
    kind = kind_of(data_type)
    return kind == "float" or kind.startswith("list")


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    ((rows,),) = con.execute(f"select count(*) from {table}").fetchall()
    return int(rows)


def _columns(names: Sequence[str], types: dict[str, str]) -> str:
    read_as = {"instant": "timestamp", "text": "varchar"}
    return ", ".join(
        f'cast("{name}" as {read_as[kind]})' if kind in read_as else f'"{name}"'
        for name, kind in ((name, kind_of(types[name])) for name in names)
    )


def _rows_only_in(
    con: duckdb.DuckDBPyConnection, table: str, other: str, columns: str
) -> list[Row]:
    """The rows of a table without an equal one in the other, in order."""
    rows = con.execute(
        f"select {columns} from {table} except all select {columns} from {other}"
    ).fetchall()
    return sorted(rows, key=lambda row: [(value is not None, _sortable(value)) for value in row])


def _sortable(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
