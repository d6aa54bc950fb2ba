"""How do rows of estimates get into a table, and out of it again?"""

from __future__ import annotations

import math
from typing import Any

import duckdb
import pandas as pd


def insert_rows(con: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Append to a table of the schema insights; NaN of what could not be estimated becomes NULL.

    Columns of the frame that the table lacks are left out.
    """
    if frame.empty:
        return
    columns = [
        (column, kind)
        for column, kind in con.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'insights' and table_name = ? order by ordinal_position",
            [name],
        ).fetchall()
        if column in frame.columns
    ]
    chosen = ", ".join(
        f'case when isfinite("{column}") then cast("{column}" as {kind}) end'
        if pd.api.types.is_float_dtype(frame[column])
        else f'cast("{column}" as {kind})'
        for column, kind in columns
    )
    names = ", ".join(f'"{column}"' for column, _ in columns)
    con.register("rows_to_write", frame[[column for column, _ in columns]])
    con.execute(f"insert into insights.{name} ({names}) select {chosen} from rows_to_write")
    con.unregister("rows_to_write")


def replace_rows(con: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Let a table of the schema insights hold exactly these rows."""
    con.execute(f"delete from insights.{name}")
    insert_rows(con, name, frame)


def read_rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """One dict a row."""
    done = con.execute(query)
    names = [column[0] for column in done.description or []]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def number(value: Any) -> float:
    """A stored number; NaN where the table holds none."""
    return math.nan if value is None else float(value)


def bounds(effect: Any, low: Any, high: Any) -> tuple[float, float]:
    """A stored interval: a bound that is missing beside an estimate is unbounded."""
    if effect is None:
        return math.nan, math.nan
    return (
        -math.inf if low is None else float(low),
        math.inf if high is None else float(high),
    )
