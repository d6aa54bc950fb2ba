"""Which tables does a hub fill again after an upgrade, and which keep their rows?"""

from __future__ import annotations

import duckdb
import pytest

from assets.analysis_tables import KEPT_TOGETHER, create_analysis_tables

KEPT = [(table, group) for group in KEPT_TOGETHER for table in group]


def rows_by_table(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = con.execute(
        "select table_name from information_schema.tables where table_schema = 'insights'"
    ).fetchall()
    return {
        table: con.execute(f"select count(*) from insights.{table}").fetchall()[0][0]
        for (table,) in tables
    }


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A hub in which every table of the schema insights holds one row."""
    con = duckdb.connect()
    create_analysis_tables(con)
    for table in rows_by_table(con):
        con.execute(f"insert into insights.{table} default values")
    return con


def test_a_second_look_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    create_analysis_tables(con)
    assert set(rows_by_table(con).values()) == {1}


@pytest.mark.parametrize(("table", "group"), KEPT, ids=[table for table, _ in KEPT])
def test_tables_kept_together_are_emptied_together(
    con: duckdb.DuckDBPyConnection, table: str, group: tuple[str, ...]
) -> None:
    con.execute(f"alter table insights.{table} add column of_an_earlier_version integer")
    create_analysis_tables(con)
    rows = rows_by_table(con)
    assert {name for name, count in rows.items() if not count} == set(group)
    assert "of_an_earlier_version" not in [
        name
        for (name,) in con.execute(
            f"select column_name from (describe insights.{table})"
        ).fetchall()
    ]


def test_a_table_by_itself_is_emptied_alone(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("alter table insights.links add column of_an_earlier_version integer")
    create_analysis_tables(con)
    assert [name for name, count in rows_by_table(con).items() if not count] == ["links"]
