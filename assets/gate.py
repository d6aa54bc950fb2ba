"""Is there anything to build? The fingerprint of all that a build depends on.

Everything after the raw tables is a function of the ledger, `hub.yml`, the home's metrics and
this project's code; when none of them changed since the published build, a build would repeat it.
(Whether a period is complete depends on the data's own watermark, so it is inside the ledger.)
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import duckdb

from assets.dbt_runs import project_fingerprint
from hub.config import HubConfig
from hub.home import PROJECT_ROOT, HubHome
from hub.warehouse import published_build

_CODE = ("analytics", "assets", "hub")


@cache
def code_fingerprint() -> str:
    """A hash over the Python code that computes a build."""
    digest = hashlib.sha256()
    for room in _CODE:
        for file in sorted((PROJECT_ROOT / room).rglob("*.py")):
            digest.update(_name(file).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def build_fingerprint(con: duckdb.DuckDBPyConnection, *, home: HubHome, config: HubConfig) -> str:
    """What a build made now would be made from; equal fingerprints mean equal builds."""
    parts = (
        _told(con, "select concat_ws('|', load_id, file, status, loaded) from raw.loads"),
        _told(con, "select concat_ws('|', source, problem) from meta.source_problems"),
        home.hub_yml.read_text(),
        project_fingerprint(home, config),
        code_fingerprint(),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def nothing_is_new(home: HubHome, config: HubConfig) -> bool:
    """Whether no file waits and a build would repeat the published one.

    A look from outside, before a run begins; false where the warehouse cannot be read just now.
    """
    from assets.sources import pending_files

    if published_build(home) is None or not home.warehouse.exists():
        return False
    try:
        with duckdb.connect(str(home.warehouse), read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            if any(pending_files(con, source, home=home) for source in config.sources):
                return False
            now = build_fingerprint(con, home=home, config=config)
            return now == published_fingerprint(con, home=home)
    except duckdb.Error:  # being written, or of an earlier version
        return False


def published_fingerprint(con: duckdb.DuckDBPyConnection, *, home: HubHome) -> str | None:
    """The fingerprint of the build that readers see, or None."""
    build = published_build(home)
    if build is None or not build.path.exists():
        return None
    row = con.execute(
        "select gate_hash from meta.builds where build_id = ?", [build.build_id]
    ).fetchone()
    return row[0] if row else None


def _told(con: duckdb.DuckDBPyConnection, query: str) -> str:
    return "\n".join(sorted(line for (line,) in con.execute(query).fetchall()))


def _name(file: Path) -> str:
    return file.relative_to(PROJECT_ROOT).as_posix()
