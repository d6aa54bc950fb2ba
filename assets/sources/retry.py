"""What of the quarantine can be loaded now? After a mapping or a reader was put right.

The file is read again as a whole, by the same reader, into a database of its own, and only the
lines that are in quarantine are taken from there: a line is understood as it would be in its file.
Where the file is gone, a small one is made of its preamble and the texts that were kept. What now
parses joins the load it belongs to, in one transaction: rows with their file and line, a ledger
row that counts them as loaded, and a quarantine that says what resolved them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from assets.sources import loading
from assets.sources.content import Unreadable, copy_content, inspect_file
from assets.sources.ledger import LOADED, time_after_all
from assets.sources.problem import SourceError
from assets.sources.read_again import (
    MIXED_LINES,
    Held,
    Load,
    NothingGained,
    load_whole_again,
    read_apart,
    take_over,
)
from assets.sources.reading import Context
from assets.sources.rebuilt import rebuild_file
from hub.config import HubConfig
from hub.home import HubHome
from hub.source_settings import SourceConfig

_FILE_NEEDED = (
    "the file is needed to read them again, and it is no longer there with the same content"
)


@dataclass(frozen=True)
class Retried:
    """What became of one file's records in quarantine; `problem` says why some were not read."""

    source: str
    file: str
    loaded: int
    left: int
    problem: str | None = None


def retry_quarantine(
    con: duckdb.DuckDBPyConnection,
    source: SourceConfig,
    *,
    home: HubHome,
    config: HubConfig,
    now: datetime,
    file: str | None = None,
) -> list[Retried]:
    """Read the quarantined records of a source (or of one of its files) again, load what parses.

    One transaction a file. Call it under the write lock. A second call changes nothing.
    """
    con.execute("SET TimeZone = 'UTC'")
    context = Context(home, config, source, time_after_all(con, now))
    results = []
    for load in _loads_with_quarantine(con, source.name, file):
        held = _held(con, load)
        try:
            loaded, problem = _retry(con, load, held, context)
        except SourceError as error:
            loaded, problem = 0, str(error)
        results.append(Retried(source.name, load.file, loaded, len(held) - loaded, problem))
    return results


def _loads_with_quarantine(
    con: duckdb.DuckDBPyConnection, source: str, file: str | None
) -> list[Load]:
    rows = con.execute(
        "SELECT load_id, file, content_hash, content_bytes, detected, preamble FROM raw.loads"
        " WHERE source = $source AND status = $status AND ($file IS NULL OR file = $file)"
        " AND load_id IN (SELECT load_id FROM raw.quarantine WHERE resolved_at IS NULL)"
        " ORDER BY loaded_at, file",
        {"source": source, "status": LOADED, "file": file},
    ).fetchall()
    return [
        Load(row[0], row[1], row[2], row[3] or 0, json.loads(row[4] or "{}"), row[5])
        for row in rows
    ]


def _held(con: duckdb.DuckDBPyConnection, load: Load) -> list[Held]:
    rows = con.execute(
        "SELECT rowid, line, reason, raw_text FROM raw.quarantine"
        " WHERE load_id = ? AND resolved_at IS NULL ORDER BY line, rowid",
        [load.load_id],
    ).fetchall()
    return [Held(*row) for row in rows]


def _retry(
    con: duckdb.DuckDBPyConnection, load: Load, held: Sequence[Held], context: Context
) -> tuple[int, str | None]:
    """Records loaded, and what stood in the way of others."""
    kind = loading.KINDS[context.source.kind]
    context.home.var.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="retry-", dir=context.home.var) as name:
        folder = Path(name)
        path = _original(load, kind, context, folder)
        if any(record.line is None for record in held) or kind.is_folder:
            return _whole(con, load, held, path, context)
        lines: Mapping[int, int] = {record.line: record.line for record in held if record.line}
        if path is None:
            path = folder / Path(load.file).name
            lines = rebuild_file(path, held, preamble=load.preamble, detected=load.detected)
        if not lines:
            return 0, _FILE_NEEDED
        again = read_apart(load, path, lines, context, folder)
        loaded, mixed = take_over(con, load, held, again, context)
    problem = MIXED_LINES if mixed else None
    return loaded, problem or (_FILE_NEEDED if len(lines) < _lines_of(held) else None)


def _lines_of(held: Sequence[Held]) -> int:
    return len({record.line for record in held})


def _whole(
    con: duckdb.DuckDBPyConnection,
    load: Load,
    held: Sequence[Held],
    path: Path | None,
    context: Context,
) -> tuple[int, str | None]:
    """Records without a line of their own: the delivery is loaded anew in its own place."""
    if path is None or "tail_after_line" in load.detected:
        return 0, _FILE_NEEDED
    try:
        return load_whole_again(con, load, held, path, context), None
    except NothingGained:
        return 0, None


def _original(load: Load, kind: loading.Kind, context: Context, folder: Path) -> Path | None:
    """The delivered file, as far as it was loaded, or None when it is not there any more."""
    path = context.home.root / load.file
    try:
        if kind.is_folder:
            content = loading.inspect_delivery(path, load.file, kind, None, context.source)
            return path if content.content_hash == load.content_hash else None
        content = inspect_file(path, [load.content_bytes])
        if content.content_hash == load.content_hash:
            return path
        if content.beginnings.get(load.content_bytes) != load.content_hash:
            return None
        part = folder / path.name
        copy_content(path, part, start=0, end=load.content_bytes)
        return part
    except (Unreadable, OSError, SourceError):
        return None
