"""Is Dagster's record written without flushes, and still whole and let go of?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from assets import dagster_record


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    """No other test writes this way because of these."""
    before = event.contains(Engine, "connect", dagster_record._prepare)
    makers = [(storage, storage.create_engine) for storage in dagster_record._STORAGES]
    dagster_record.write_without_flushes()
    dagster_record.write_without_flushes()
    yield
    for storage, maker in makers:
        storage.create_engine = maker
    if not before:
        event.remove(Engine, "connect", dagster_record._prepare)


def _write(file: Path, number: int) -> int:
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.begin() as con:
        con.execute(text("PRAGMA journal_mode = WAL"))
    with engine.begin() as con:
        con.execute(text("CREATE TABLE IF NOT EXISTS told (number INTEGER)"))
        con.execute(text(f"INSERT INTO told VALUES ({number})"))
        return int(con.execute(text("PRAGMA synchronous")).scalar_one())


def test_a_commit_leaves_the_log_beside_the_database(tmp_path: Path) -> None:
    normal = 1
    assert _write(tmp_path / "a.db", 7) == normal
    # copied into the database, with a flush, when the last connection closes: one stays open
    assert (tmp_path / "a.db-wal").stat().st_size > 0


def test_another_process_reads_what_was_told(tmp_path: Path) -> None:
    _write(tmp_path / "a.db", 7)
    with sqlite3.connect(tmp_path / "a.db") as con:
        assert con.execute("SELECT number FROM told").fetchall() == [(7,)]


def test_only_a_few_databases_stay_open(tmp_path: Path) -> None:
    for number in range(dagster_record.MOST_HELD + 3):
        _write(tmp_path / f"{number}.db", number)
    assert len(dagster_record._held) == dagster_record.MOST_HELD
    assert not (tmp_path / "0.db-wal").exists()


def test_dagster_gets_one_engine_a_database_and_few_are_kept(tmp_path: Path) -> None:
    def asked(name: str) -> Engine:
        engine: Engine = sqlite_event_log.create_engine(
            f"sqlite:///{tmp_path / name}", poolclass=NullPool, connect_args={"timeout": 7}
        )
        return engine

    first = asked("a.db")
    with first.begin() as con:
        con.execute(text("CREATE TABLE told (number INTEGER)"))
    assert asked("a.db") is first
    assert asked("b.db") is not first
    assert isinstance(first.pool, NullPool)
    for number in range(dagster_record.MOST_HELD):
        asked(f"{number}.db")
    assert len(dagster_record._engines) == dagster_record.MOST_HELD
    # one that was let go is made again, on the same database
    with asked("a.db").begin() as con:
        assert con.execute(text("SELECT count(*) FROM told")).scalar_one() == 0
