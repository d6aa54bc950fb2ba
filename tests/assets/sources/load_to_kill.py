"""A load in a process of its own, which tells when it inserts and commits, so that it can be
killed at a known moment.

    python load_to_kill.py <home> <pause in seconds> <path that the source finds>

With a pause it waits before and after every statement of the last transaction: the load then takes
seconds without work, and a kill can fall between any two statements.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.sources import create_raw_tables, load_source
from hub.config import HubConfig
from hub.home import HubHome

SOURCE = "logs"
START, INSERT, COMMIT, COMMITTED = "start", "insert", "commit", "committed"


def settings(path: str) -> HubConfig:
    """A hub with one source of service logs."""
    source = {"name": SOURCE, "kind": "service_logs", "path": path}
    return HubConfig.model_validate(
        {"company": "L", "time_zone": "UTC", "currency": "EUR", "sources": [source]}
    )


def load(con: Any, home: HubHome, path: str) -> None:
    """Load what is new."""
    config = settings(path)
    create_raw_tables(con)
    load_source(con, config.sources[0], home=home, config=config, now=datetime.now(UTC))


class Watched:
    """A connection that tells of the second transaction's first insert and of its commit."""

    def __init__(self, con: duckdb.DuckDBPyConnection, pause_seconds: float) -> None:
        self._con = con
        self._pause_seconds = pause_seconds
        self._transactions = 0
        self._inserts = 0

    def execute(self, statement: str, *arguments: Any) -> duckdb.DuckDBPyConnection:
        """As of the connection."""
        self._transactions += statement == "BEGIN TRANSACTION"
        if self._transactions < 2:
            return self._con.execute(statement, *arguments)
        is_insert = statement.startswith("INSERT INTO raw.service_logs")
        if is_insert and not self._inserts:
            tell(INSERT)
        if statement == "COMMIT":
            tell(COMMIT)
        self._inserts += is_insert
        done = self._con.execute(statement, *arguments)
        if statement == "COMMIT":
            tell(COMMITTED)
        time.sleep(self._pause_seconds)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def tell(what: str) -> None:
    """One line on standard output, at once."""
    print(what, flush=True)


def main(root: str, pause_seconds: str, path: str) -> None:
    """Load, telling."""
    home = HubHome(Path(root))
    con = duckdb.connect(str(home.warehouse))
    tell(START)
    load(Watched(con, float(pause_seconds)), home, path)
    con.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
