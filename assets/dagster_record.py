"""How is Dagster's record of a run written without a flush of the disk for each of its events?

A run of some hundred models and checks is about two thousand events. Dagster opens SQLite anew for
each, commits with a flush, and the last connection to close copies the write-ahead log into the
database with two more. With `synchronous = NORMAL` and the log in use a commit needs none, and one
idle connection that stays open spares the copying (https://www.sqlite.org/wal.html, sections 2 and
3). The database stays whole whatever happens; only losing power may lose the last events of a
record that is no part of any number.

Dagster also makes a new engine for each event, which puts the same statements into SQL again. One
engine for each database remembers them; it keeps no connection.
"""

import sqlite3
from collections import OrderedDict
from typing import Any

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

MOST_HELD = 8
_STORAGES: tuple[Any, ...] = (sqlite_event_log, sqlite_run_storage)
_held: "OrderedDict[str, sqlite3.Connection]" = OrderedDict()
_engines: "OrderedDict[str, Engine]" = OrderedDict()


def write_without_flushes() -> None:
    """From now on in this process; calling it again changes nothing."""
    if not event.contains(Engine, "connect", _prepare):
        event.listen(Engine, "connect", _prepare)
    for storage in _STORAGES:
        storage.create_engine = _engine


def _engine(database: str, **options: Any) -> Engine:
    """One engine a database; Dagster asks with the same options each time."""
    if database not in _engines:
        _engines[database] = create_engine(database, **options)
        if len(_engines) > MOST_HELD:
            _engines.popitem(last=False)
    return _engines[database]


def _prepare(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.execute("PRAGMA synchronous = NORMAL")
    file = connection.execute("PRAGMA database_list").fetchone()[2]
    if file:
        _hold(file)


def _hold(file: str) -> None:
    """Keep the database open, without a lock on it; the oldest beyond a few is let go."""
    if file not in _held:
        _held[file] = sqlite3.connect(file, timeout=60, check_same_thread=False)
        if len(_held) > MOST_HELD:
            _held.popitem(last=False)[1].close()
    # SQLite opens a file, and learns that it has a log by now, only with a statement
    _held[file].execute("PRAGMA schema_version").fetchone()
