"""One writer, many readers: the lock, and publishing under readers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from hub.home import HubHome
from hub.warehouse import (
    LockHolder,
    NothingPublished,
    lock_holder,
    open_build,
    open_published,
    open_warehouse,
    publish,
    published_build,
    write_lock,
)

HOLD = """
import sys, time
from pathlib import Path
from hub.home import HubHome
from hub.warehouse import write_lock
with write_lock(HubHome(Path(sys.argv[1])), "a long load"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def home(tmp_path: Path) -> HubHome:
    made = HubHome(tmp_path)
    with write_lock(made, "test"), open_warehouse(made) as con:
        con.execute("create schema marts; create schema raw; create schema metrics")
        con.execute("create table marts.mart_a as select 1 as build")
        con.execute("create table raw.people as select 'Ada' as name")
        con.execute("create table metrics.observation_versions as select 1 as x")
        con.execute("create view metrics.observations as from metrics.observation_versions")
    return made


def hold(home: HubHome, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process.stdout or sys.stdin as told:
        assert told.readline() == "held\n"
    return process


def test_the_second_writer_waits_and_names_the_holder(home: HubHome) -> None:
    process = hold(home, 1.5)
    told: list[LockHolder | None] = []
    started = time.monotonic()
    with write_lock(home, "second", on_wait=told.append):
        waited = time.monotonic() - started
    process.wait()
    assert waited > 0.5
    assert told[0] is not None
    assert told[0].what == "a long load"
    assert told[0].pid == process.pid


def test_a_writer_that_is_killed_leaves_the_lock_free(home: HubHome) -> None:
    process = hold(home, 60)
    process.kill()
    process.wait()
    with write_lock(home, "next", timeout_seconds=5):
        holder = lock_holder(home)
    assert holder is not None
    assert holder.pid == os.getpid()


def test_waiting_can_be_limited(home: HubHome) -> None:
    process = hold(home, 30)
    try:
        with (
            pytest.raises(TimeoutError, match="a long load"),
            write_lock(home, "second", timeout_seconds=0.2),
        ):
            pass
    finally:
        process.kill()
        process.wait()


def test_nothing_published_says_what_to_run(home: HubHome) -> None:
    with pytest.raises(NothingPublished, match="bellwether run"):
        open_published(home)


def test_published_copy_holds_marts_and_not_raw(home: HubHome) -> None:
    publish(home, "b1")
    con = open_published(home)
    tables = con.execute(
        "select table_schema, table_name from information_schema.tables"
    ).fetchall()
    con.close()
    assert sorted(tables) == [("marts", "mart_a"), ("metrics", "observations")]


def test_published_copy_cannot_be_written(home: HubHome) -> None:
    publish(home, "b1")
    con = open_published(home)
    with pytest.raises(duckdb.InvalidInputException):
        con.execute("delete from marts.mart_a")
    con.close()


def test_an_open_reader_keeps_its_build_while_new_ones_are_published(home: HubHome) -> None:
    first = publish(home, "b1")
    reader = open_build(first)
    for number in range(2, 6):
        with open_warehouse(home) as con:
            con.execute("update marts.mart_a set build = ?", [number])
        publish(home, f"b{number}", keep=2)
        assert reader.execute("select build from marts.mart_a").fetchone() == (1,)
        newest = open_published(home)
        assert newest.execute("select build from marts.mart_a").fetchone() == (number,)
        newest.close()
    reader.close()


def test_old_builds_are_pruned_but_never_young_or_pointed_ones(home: HubHome) -> None:
    for number in range(4):
        publish(home, f"b{number}", keep=10)
    long_ago = time.time() - 7200
    for file in home.published.glob("*.duckdb"):
        if file.stem in ("b0", "b1"):
            os.utime(file, (long_ago, long_ago))
    publish(home, "b4", keep=2)
    left = sorted(file.stem for file in home.published.glob("*.duckdb"))
    assert left == ["b2", "b3", "b4"]
    build = published_build(home)
    assert build is not None
    assert build.build_id == "b4"


def test_a_failed_copy_leaves_the_pointer_alone(home: HubHome) -> None:
    publish(home, "b1")
    with open_warehouse(home) as con:
        con.execute(
            "create view marts.broken as select cast('x' as integer) as n from marts.mart_a"
        )
    with pytest.raises(duckdb.ConversionException):
        publish(home, "b2")
    build = published_build(home)
    assert build is not None
    assert build.build_id == "b1"
    assert not list(home.published.glob("b2.duckdb"))
