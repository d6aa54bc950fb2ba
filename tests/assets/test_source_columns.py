"""Are the columns of each source counted as they stand, by name alone and without a value?"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from assets.analysis_tables import create_analysis_tables
from assets.source_columns import write_source_columns
from assets.sources.raw_tables import create_raw_tables
from hub.config import HubConfig

MAIL = "ada@example.org"
CONFIG = HubConfig.model_validate(
    {
        "company": "Test", "time_zone": "UTC", "currency": "EUR",
        "sources": [
            {
                "name": "orders", "kind": "sales", "path": "a/*.csv",
                "columns": {"order_id": "Order no", "no_such_column": "x"},
            },
            {"name": "logs", "kind": "service_logs", "path": "b/*", "fields": {"service": "svc"}},
            {"name": "till", "kind": "sales", "path": "c/*.csv"},
        ],
    }
)  # fmt: skip


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    create_raw_tables(con)
    create_analysis_tables(con)
    rows = [
        ("a1", MAIL, 9.5, "orders", f'{{"{MAIL}": "{MAIL}", "note": "x"}}'),
        ("a2", "", None, "orders", '{"gift": true}'),
        ("a3", None, 0, "orders", None),
        ("b1", "c", 1, "till", None),
    ]
    for row in rows:
        con.execute(
            "insert into raw.sales (order_id, customer_id, amount, _source, _extra, _file, _line, "
            "_load_id, _loaded_at) values (?, ?, ?, ?, ?, 'f.csv', 1, 'l', now())",
            row,
        )
    con.execute(
        "insert into raw.jira_issues (issue_key, labels, components, _source, _file, _line, "
        "_load_id, _loaded_at) values ('A-1', '[]', '[\"api\"]', 'issues', 'f', 1, 'l', now())"
    )
    yield con
    con.close()


def told(con: duckdb.DuckDBPyConnection, source: str) -> dict[str | None, tuple[object, ...]]:
    """(field, rows, filled, fields) by column of one source."""
    rows = con.execute(
        "select column_name, field, rows, filled, fields from meta.source_columns where source = ?",
        [source],
    ).fetchall()
    return {name: tuple(rest) for name, *rest in rows}


def test_filled_rows_are_counted_by_source_and_an_empty_text_or_list_is_no_value(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write_source_columns(con, CONFIG)
    orders, till, issues = told(con, "orders"), told(con, "till"), told(con, "issues")
    assert orders["order_id"] == ("Order no", 3, 3, None)
    assert orders["customer_id"] == (None, 3, 1, None)
    assert orders["amount"] == (None, 3, 2, None)
    assert orders["country"] == (None, 3, 0, None)
    assert till["order_id"] == (None, 1, 1, None)
    assert (issues["labels"][2], issues["components"][2]) == (0, 1)
    assert told(con, "logs") == {}


def test_fields_that_nobody_declared_are_counted_and_neither_named_nor_shown(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write_source_columns(con, CONFIG)
    assert told(con, "orders")[None] == (None, 3, 2, 3)
    assert None not in told(con, "till")
    everything = str(con.execute("select * from meta.source_columns").fetchall())
    assert MAIL not in everything
    assert "gift" not in everything
    assert "_extra" not in everything


def test_writing_again_replaces_and_rows_that_are_gone_leave_no_columns(
    con: duckdb.DuckDBPyConnection,
) -> None:
    first = write_source_columns(con, CONFIG)
    assert write_source_columns(con, CONFIG) == first
    assert con.execute("select count(*) from meta.source_columns").fetchall() == [(first,)]
    con.execute("delete from raw.sales; delete from raw.jira_issues")
    assert write_source_columns(con, CONFIG) == 0
    assert con.execute("select count(*) from meta.source_columns").fetchall() == [(0,)]
