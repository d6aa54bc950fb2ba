"""How are settings read? Any JSON or YAML of flags and settings, kept when its content changes.

The document goes by its file's name without a date; the time of a snapshot is the date in that
name, a time that the document names, or when the hub saw it. A snapshot that says what the one
before it said adds no row.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import duckdb

from assets.sources.content import Unreadable, read_content
from assets.sources.date_forms import parse_date, to_utc
from assets.sources.json_records import BrokenDocument
from assets.sources.reading import Context, Delivery, Outcome, insert_rows
from assets.sources.settings_tree import read_settings

_DATE = re.compile(
    r"[-_. ]?(?P<y>20\d{2})[-_.]?(?P<m>\d{2})[-_.]?(?P<d>\d{2})"
    r"(?:[T_-]?(?P<hour>\d{2})[:-]?(?P<minute>\d{2})(?:[:-]?(?P<second>\d{2}))?Z?)?(?=\D|$)"
)
_ENDINGS = (".gz", ".zst", ".json", ".yaml", ".yml")
_TIME_KEYS = ("exported_at", "snapshot_at", "as_of", "generated_at", "updated_at", "last_modified")


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one snapshot of settings, a row a setting. See `reading.Reader`."""
    form, settings = _read(delivery, context)
    document, snapshot_at, told_by = _identify(delivery, context, settings)
    kept = {path: value for path, value in settings.items() if path not in _TIME_KEYS}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode("utf-8", "replace")).hexdigest()
    before = _hash_before(con, context, document, snapshot_at)
    detected = {
        "document": document,
        "settings": len(settings),
        "snapshot_at": {"time": snapshot_at.isoformat(), "told_by": told_by},
        "change": "none" if before == digest else "new" if before is None else "changed",
    }
    if before == digest:
        return Outcome(len(settings), 0, len(settings), (), form, detected, snapshot_at,
                       snapshot_at)  # fmt: skip
    count = len(settings)
    columns: dict[str, list[Any]] = {
        "document": [document] * count,
        "snapshot_at": [snapshot_at] * count,
        "setting": list(settings),
        "value": list(settings.values()),
        "settings_hash": [digest] * count,
    }
    loaded = insert_rows(
        con, "settings", columns, delivery, context, lines=[None] * count, extra=[None] * count
    )
    return Outcome(count, loaded, 0, (), form, detected, snapshot_at, snapshot_at)


def _read(delivery: Delivery, context: Context) -> tuple[str, dict[str, str]]:
    try:
        data = read_content(delivery.path, delivery.content.content_bytes)
        return read_settings(data)
    except Unreadable as error:
        raise context.refuse(
            delivery.file, found=str(error), expected="a readable file",
            remedy="Deliver the file again.",
        ) from error  # fmt: skip
    except BrokenDocument as error:
        raise context.refuse(
            delivery.file, line=error.line, found=f"{error.found} at column {error.column}",
            expected="one JSON or YAML document of settings, each key once",
            remedy="Correct the file and deliver it again.",
        ) from error  # fmt: skip


def _identify(
    delivery: Delivery, context: Context, settings: Mapping[str, str]
) -> tuple[str, datetime, str]:
    """The document's name, the time of the snapshot, and what told the time."""
    stem = PurePosixPath(delivery.file).name
    while PurePosixPath(stem).suffix.lower() in _ENDINGS:
        stem = PurePosixPath(stem).stem
    match = _DATE.search(stem)
    bare = (stem[: match.start()] + stem[match.end() :]).strip("-_. ") if match else stem
    document = context.source.document or bare or context.source.name
    if match and (when := _time_in(match, context)):
        return document, when, "the file's name"
    for key in _TIME_KEYS:
        if key in settings and (when := _time_of(settings[key], context)):
            return document, when, f"`{key}`"
    return document, context.now, "when it was read"


def _time_in(match: re.Match[str], context: Context) -> datetime | None:
    day = f"{match['y']}-{match['m']}-{match['d']}"
    clock = f"{match['hour'] or '00'}:{match['minute'] or '00'}:{match['second'] or '00'}"
    zone = "Z" if match[0].endswith("Z") else ""
    return _time_of(f"{day}T{clock}{zone}", context)


def _time_of(text: str, context: Context) -> datetime | None:
    bare = text.strip().strip('"')
    when = parse_date(bare, order="dmy") if re.match(r"\d{4}-\d{2}-\d{2}", bare) else None
    return to_utc([(bare, when)], context.zone).times.get(bare) if when else None


def _hash_before(
    con: duckdb.DuckDBPyConnection, context: Context, document: str, snapshot_at: datetime
) -> str | None:
    """What the document held at the last snapshot up to this time."""
    rows = con.execute(
        "SELECT settings_hash FROM raw.settings WHERE _source = ? AND document = ?"
        " AND snapshot_at <= ?::TIMESTAMPTZ ORDER BY snapshot_at DESC, _loaded_at DESC LIMIT 1",
        [context.source.name, document, snapshot_at],
    ).fetchall()
    return rows[0][0] if rows else None
