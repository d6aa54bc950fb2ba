"""How do rows of Jira reach the raw tables, one per issue of a file and with their statuses?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.mapped_table import MappedTable
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, insert_rows

Status = tuple[str | None, str, str, str]
Row = dict[str, Any]
ONE_ROW = "one row per issue in an export"


def repeated(keys: Sequence[str], updated: Sequence[datetime | None]) -> dict[int, str]:
    """The positions that give way, with their key: of several rows of one issue the one updated
    last (the later row when equal) stays."""
    never = datetime.min.replace(tzinfo=UTC)
    latest: dict[str, int] = {}
    given_up: dict[int, str] = {}
    for row, key in enumerate(keys):
        older = latest.setdefault(key, row)
        if older == row:
            continue
        if (updated[row] or never) >= (updated[older] or never):
            latest[key] = row
        else:
            older = row
        given_up[older] = key
    return given_up


def later_rows(mapped: MappedTable) -> None:
    """Set aside all but the last state of each issue of a table."""
    given_up = repeated(mapped.columns["issue_key"], mapped.columns["updated_at"])
    problems: dict[int, Rejected] = {
        row: mapped.rejection(row, quarantine.DUPLICATE_KEY, "issue_key", key, ONE_ROW)
        for row, key in given_up.items()
    }
    mapped.reject(problems)


def write_statuses(
    con: duckdb.DuckDBPyConnection,
    statuses: Sequence[Status],
    delivery: Delivery,
    context: Context,
) -> None:
    """Note what a delivery tells about statuses: (id, name, origin, category) each."""
    distinct = sorted(set(statuses), key=lambda seen: tuple(str(part) for part in seen))
    rows = [
        {"status_id": id_, "status_name": name, "origin": origin, "category": category}
        for id_, name, origin, category in distinct
    ]
    write_rows(con, "jira_statuses", rows, delivery, context)


def write_rows(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: Sequence[Mapping[str, Any]],
    delivery: Delivery,
    context: Context,
) -> int:
    """Append rows given as mappings; `_line` and `_extra` may be among their keys."""
    names = [name for name in (rows[0] if rows else {}) if not name.startswith("_")]
    columns = {name: [row.get(name) for row in rows] for name in names}
    return insert_rows(
        con, table, columns, delivery, context,
        lines=[row.get("_line") for row in rows], extra=[row.get("_extra") for row in rows],
    )  # fmt: skip
