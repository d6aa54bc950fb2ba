"""How do one writer and many readers share a hub's data?

DuckDB lets one process have a file open for writing, and no other at the same time, readers
included. So one operating-system lock guards every write (`write_lock`), and readers open the
copy of the last good build that a pointer file names (`publish`, `open_published`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from hub.home import HubHome

PUBLISHED_SCHEMAS = ("marts", "metrics", "insights", "meta")
NOT_PUBLISHED = {("metrics", "observation_versions")}
YOUNGEST_TO_PRUNE = timedelta(hours=1)


class NothingPublished(Exception):
    """No build has been published in this home yet; the message says what to run."""


@dataclass(frozen=True)
class LockHolder:
    """Who has the write lock: process id, what it does, since when (UTC)."""

    pid: int
    what: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.what} (process {self.pid}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


@dataclass(frozen=True)
class PublishedBuild:
    """The build that pages and reading commands see."""

    build_id: str
    path: Path
    built_at: datetime


@contextmanager
def write_lock(
    home: HubHome,
    what: str,
    *,
    on_wait: Callable[[LockHolder | None], None] | None = None,
    timeout_seconds: float | None = None,
) -> Iterator[None]:
    """Hold the home's write lock. Waits for the holder, telling `on_wait` once who it is.

    Raises `TimeoutError`, naming the holder, after `timeout_seconds` (None: wait for ever).
    The lock is the operating system's: it is released when its process ends, however it ends.
    """
    home.make_var()
    lock = FileLock(home.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_wait is not None:
            on_wait(lock_holder(home))
        try:
            lock.acquire(timeout=-1 if timeout_seconds is None else timeout_seconds)
        except Timeout:
            raise TimeoutError(f"the hub is being written by {lock_holder(home)}") from None
    holder = _holder_file(home)
    try:
        _replace(holder, {"pid": os.getpid(), "what": what, "since": _now().isoformat()})
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def lock_holder(home: HubHome) -> LockHolder | None:
    """Who wrote its name beside the lock, or None."""
    with suppress(OSError, ValueError, KeyError):
        told = json.loads(_holder_file(home).read_text())
        return LockHolder(told["pid"], told["what"], datetime.fromisoformat(told["since"]))
    return None


@contextmanager
def open_warehouse(home: HubHome) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, open for writing. Call it only while holding `write_lock`."""
    home.make_var()
    con = duckdb.connect(str(home.warehouse))
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


def publish(home: HubHome, build_id: str, *, keep: int = 5) -> PublishedBuild:
    """Copy what readers may see into a new file and point to it, atomically.

    Call it while holding `write_lock` and with the warehouse closed. Older builds are pruned by
    count; never the pointed one, nor one younger than an hour.
    """
    target = home.published / f"{build_id}.duckdb"
    unfinished = target.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    _copy_published(home.warehouse, unfinished)
    _fsync(unfinished)
    os.replace(unfinished, target)
    build = PublishedBuild(build_id, target, _now())
    _replace(
        home.pointer,
        {"build_id": build_id, "file": target.name, "built_at": build.built_at.isoformat()},
    )
    _prune(home, keep=keep)
    return build


def _copy_published(warehouse: Path, target: Path) -> None:
    con = duckdb.connect()
    try:
        con.execute(f"attach {_literal(warehouse)} as w (read_only)")
        con.execute(f"attach {_literal(target)} as p")
        con.execute("set TimeZone = 'UTC'")
        tables = con.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'w' and list_contains(?, table_schema) order by all",
            [list(PUBLISHED_SCHEMAS)],
        ).fetchall()
        for schema in sorted({schema for schema, _ in tables}):
            con.execute(f'create schema p."{schema}"')
        for schema, table in tables:
            if (schema, table) not in NOT_PUBLISHED:
                name = f'"{schema}"."{table}"'
                con.execute(f"create table p.{name} as from w.{name}")
        con.execute("checkpoint p")
    finally:
        con.close()


def published_build(home: HubHome) -> PublishedBuild | None:
    """The build the pointer names, or None when nothing has been published."""
    try:
        told = json.loads(home.pointer.read_text())
    except FileNotFoundError:
        return None
    return PublishedBuild(
        told["build_id"],
        home.published / told["file"],
        datetime.fromisoformat(told["built_at"]),
    )


def last_good_build(home: HubHome) -> PublishedBuild:
    """The build the pointer names. Raises `NothingPublished`."""
    build = published_build(home)
    if build is None:
        raise NothingPublished(
            f"{home.root}: nothing has been published here yet. Run "
            f"`bellwether run --home {home.root}` first."
        )
    return build


def open_published(home: HubHome) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the last good build. Raises `NothingPublished`."""
    return open_build(last_good_build(home))


def open_build(build: PublishedBuild) -> duckdb.DuckDBPyConnection:
    """A read-only connection to one published build."""
    con = duckdb.connect(str(build.path), read_only=True)
    con.execute("set TimeZone = 'UTC'")
    return con


def _prune(home: HubHome, *, keep: int) -> None:
    current = published_build(home)
    builds = sorted(home.published.glob("*.duckdb"), key=lambda f: f.stat().st_mtime, reverse=True)
    for file in builds[keep:]:
        age_seconds = time.time() - file.stat().st_mtime
        if current and file != current.path and age_seconds > YOUNGEST_TO_PRUNE.total_seconds():
            file.unlink(missing_ok=True)


def _holder_file(home: HubHome) -> Path:
    return home.lock.with_suffix(".holder")


def _replace(file: Path, content: dict[str, object]) -> None:
    """Write JSON so that a reader sees the old or the new content, never a part."""
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with beside.open("w") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, file)
    _fsync(file.parent)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _now() -> datetime:
    return datetime.now(UTC)
