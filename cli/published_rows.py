"""How does a command read rows of a published build? As dicts, without pandas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import duckdb


def read_rows(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """One dict a row; a number that is not finite is None, as JSON knows none."""
    done = con.execute(query, dict(parameters or {}))
    names = [column[0] for column in done.description or []]
    return [
        {name: _finite(value) for name, value in zip(names, row, strict=True)}
        for row in done.fetchall()
    ]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
