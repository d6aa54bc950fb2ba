"""Are all raw tables there, with their provenance, and made only once?"""

from __future__ import annotations

import duckdb
import pytest

from assets.sources.raw_tables import RECORD_TABLES, create_raw_tables


def test_every_record_table_ends_with_its_provenance() -> None:
    con = duckdb.connect()
    create_raw_tables(con)
    for table in RECORD_TABLES:
        described = con.execute(f"DESCRIBE raw.{table}").fetchall()
        assert [row[0] for row in described][-6:] == [
            "_source", "_file", "_line", "_load_id", "_loaded_at", "_extra",
        ]  # fmt: skip
        assert {row[0]: row[1] for row in described}["_loaded_at"] == ("TIMESTAMP WITH TIME ZONE")


def test_creating_twice_keeps_rows_and_the_hash_key() -> None:
    con = duckdb.connect()
    create_raw_tables(con)
    key = con.execute("FROM raw.hash_key").fetchall()
    create_raw_tables(con)
    assert con.execute("FROM raw.hash_key").fetchall() == key
    assert len(key) == 1
    assert len(key[0][0]) == 64


def test_two_warehouses_have_different_hash_keys() -> None:
    keys = set()
    for _ in range(2):
        con = duckdb.connect()
        create_raw_tables(con)
        keys.add(con.execute("FROM raw.hash_key").fetchall()[0][0])
    assert len(keys) == 2


def test_the_ledger_refuses_counts_that_do_not_add_up() -> None:
    con = duckdb.connect()
    create_raw_tables(con)
    with pytest.raises(duckdb.ConstraintException):
        con.execute(
            "INSERT INTO raw.loads (load_id, source, kind, file, content_hash, records, loaded,"
            " quarantined, blank, status, loaded_at)"
            " VALUES ('a', 's', 'k', 'f', 'h', 3, 1, 1, 0, 'loaded', now())"
        )


def test_a_warehouse_of_an_earlier_version_gets_the_columns_it_lacks() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE SCHEMA raw;"
        "CREATE TABLE raw.calendar (day DATE, kind TEXT, _source TEXT NOT NULL,"
        " _file TEXT NOT NULL, _line BIGINT, _load_id TEXT NOT NULL,"
        " _loaded_at TIMESTAMPTZ NOT NULL, _extra JSON);"
        "INSERT INTO raw.calendar VALUES"
        " ('2025-03-01', 'holiday', 'c', 'c.csv', 2, 'x', '2025-03-02 00:00:00+00', NULL);"
        "CREATE TABLE raw.quarantine (source TEXT NOT NULL, file TEXT NOT NULL, line BIGINT,"
        " reason TEXT NOT NULL, column_name TEXT, found TEXT, expected TEXT, raw_text TEXT,"
        " load_id TEXT NOT NULL, quarantined_at TIMESTAMPTZ NOT NULL)"
    )
    create_raw_tables(con)
    create_raw_tables(con)
    fresh = duckdb.connect()
    create_raw_tables(fresh)
    columns = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'raw' ORDER BY ALL"  # noqa: E501
    assert con.execute(columns).fetchall() == fresh.execute(columns).fetchall()
    assert con.execute("SELECT kind, name, country, _line FROM raw.calendar").fetchall() == [
        ("holiday", None, None, 2)
    ]
