"""Can the layers go on from what they hold, or must they be made anew from the raw tables?

Facts of service logs grow by what each load brings (dbt's incremental models). That is sound while
the SQL and the time zone are the same as when the facts were made and every load in them is still
in force; otherwise they are made anew.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import duckdb

from hub.config import HubConfig
from hub.home import DBT_PROJECT

_FOLDERS = ("macros", "models/staging", "models/platform")


def facts_fingerprint(config: HubConfig) -> str:
    """A hash over all that decides what a log line adds to the facts, apart from the line."""
    digest = hashlib.sha256(config.time_zone.encode())
    for folder in _FOLDERS:
        for file in sorted(_files(DBT_PROJECT / folder)):
            digest.update(file.relative_to(DBT_PROJECT).as_posix().encode())
            digest.update(b"\0" + file.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return [*folder.rglob("*.sql"), *folder.rglob("*.yml")]


def reason_to_rebuild(con: duckdb.DuckDBPyConnection, config: HubConfig) -> str | None:
    """Why the facts cannot be continued; None when they can, or when there are none yet."""
    made = con.execute("select facts_fingerprint from meta.layer_builds").fetchall()
    if not made:
        return "nobody noted from what they were made" if _holds_facts(con) else None
    if made[0][0] != facts_fingerprint(config):
        return "the definitions or the time zone changed since"
    withdrawn = con.execute(
        "select count(*) from meta.layer_loads where load_id not in "
        "(select load_id from raw.loads where status = 'loaded')"
    ).fetchall()
    return "a load that they hold is no longer in force" if withdrawn[0][0] else None


def remember_build(con: duckdb.DuckDBPyConnection, config: HubConfig, now: datetime) -> None:
    """Note from what the facts at hand were made: the definitions and the loads of lines."""
    con.execute("begin")
    con.execute("delete from meta.layer_builds")
    con.execute("insert into meta.layer_builds values (?, ?)", [facts_fingerprint(config), now])
    con.execute("delete from meta.layer_loads")
    con.execute(
        "insert into meta.layer_loads select load_id from raw.loads "
        "where kind = 'service_logs' and status = 'loaded'"
    )
    con.execute("commit")


def _holds_facts(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute(
        "select count(*) from information_schema.tables "
        "where table_schema = 'platform' and table_name = 'platform_request_histograms'"
    ).fetchall()
    return bool(found[0][0])
