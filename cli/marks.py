"""Does a number rest on a check that failed? Said beside every answer of a reading command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from cli.console import say
from cli.published_rows import read_rows


def invalid_metrics(con: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """By metric, the failed checks below it: check_name, model, failures, since.

    Nothing in a build of a version that marked nothing.
    """
    try:
        rows = read_rows(
            con,
            "select subject, check_name, model, failures, since from meta.marks "
            "where subject_kind = 'metric' order by subject, check_name",
        )
    except duckdb.CatalogException:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop("subject"), []).append(row)
    return found


def warn_of(metric: str, failed: Sequence[dict[str, Any]]) -> None:
    """Say on standard error which checks fail below a metric, so that output can be piped on."""
    for row in failed:
        rows = "1 row" if row["failures"] == 1 else f"{row['failures']:,} rows"
        say(
            f"INVALID DATA: {metric} rests on {row['model']}, of which the check "
            f"{row['check_name']} fails ({rows}, since {row['since']:%Y-%m-%d}). "
            "`bellwether status` lists all that does; repair the source, then `bellwether run`."
        )
