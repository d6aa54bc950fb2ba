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
