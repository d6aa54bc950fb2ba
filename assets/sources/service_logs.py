"""How are a service's logs read? One JSON object a line, plain or gzip.

The database parses the file with the columns that its sampled lines show; a file where a line is
left over gets a second look, and only that file. Lines are never dropped: each is loaded, blank or
quarantined with its number, reason and text, and the sum is checked against the file's lines.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from assets.sources.batches import lent
from assets.sources.content import UTF8_BOM, copy_content, file_fingerprint, open_content
from assets.sources.log_fields import LogFields, Undecided, decide_fields, sampled_objects
from assets.sources.log_lines import (
    keep_objects,
    last_line_is_open,
    reject_lines,
    scan_lines,
)
from assets.sources.log_query import LogQuery
from assets.sources.problem import SourceError
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome, ReadAgain

FORMAT = "json_lines"
_ACCESS_LOG = re.compile(rb'^\S+ .*\[\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] "')
_PREFIXED = re.compile(rb"^\S+\s+\| \{")


@dataclass(frozen=True)
class _Part:
    """The file (or a copy of the part to load) that the database reads."""

    path: Path
    compression: str
    lines: int


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one log file, or the tail of a grown one. See `reading.Reader`."""
    lines = delivery.content.lines - delivery.start_line
    objects = sampled_objects(delivery.content.samples)
    if not objects:
        _check_no_lines(delivery, context)
        return Outcome(lines, 0, lines, (), FORMAT, {})
    _check_form(objects, delivery, context)
    fields = _fields(objects, delivery, context)
    with _part(delivery, context, lines) as (part, folder):
        if delivery.attempt == 0:
            loaded, blank, rejected = _load_fast(con, delivery, context, fields, part)
        else:
            loaded, blank, rejected = _load_by_line(con, delivery, context, fields, part, folder)
    resume_byte, resume_line = _resume(delivery)
    first_at, last_at = con.execute(
        "SELECT min(logged_at), max(logged_at) FROM raw.service_logs"
        " WHERE _loaded_at = ?::TIMESTAMPTZ AND _load_id = ?",
        [context.now, delivery.load_id],
    ).fetchall()[0]
    return Outcome(
        lines, loaded, blank, rejected, FORMAT, fields.detected(), first_at, last_at,
        resume_byte, resume_line,
    )  # fmt: skip


def _load_fast(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    context: Context,
    fields: LogFields,
    part: _Part,
) -> tuple[int, int, list[Rejected]]:
    """One pass; when lines are left over, a second one finds them. Raises `ReadAgain` when the
    reader's rows are not the file's lines one by one."""
    query = _query(fields, context, part)
    try:
        loaded = _insert(con, query, delivery, context, has_line_map=False)
        if loaded == part.lines:
            _check_unchanged(delivery, part)
            return loaded, 0, []
        bad = _bad_lines(con, query)
    except duckdb.Error as error:
        raise ReadAgain(str(error)) from error
    if loaded + len(bad) != part.lines:
        raise ReadAgain("blank lines, or lines with several objects")
    _check_unchanged(delivery, part)
    scan = scan_lines(part.path, first_line=delivery.start_line)
    rejected = list(reject_lines(part.path, bad, scan, first_line=delivery.start_line))
    return loaded, scan.blank, rejected


def _load_by_line(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    context: Context,
    fields: LogFields,
    part: _Part,
    folder: Path,
) -> tuple[int, int, list[Rejected]]:
    """For files with blank or broken lines: number the lines first, then load by number."""
    first_line = delivery.start_line
    scan = scan_lines(part.path, first_line=first_line)
    query = _query(fields, context, part)
    if _count(con, query) != len(scan.numbers):
        kept = _Part(folder / "kept.jsonl", "none", part.lines)
        scan = keep_objects(part.path, kept.path, first_line=first_line)
        query = _query(fields, context, kept)
    ordinals = pa.array(range(1, len(scan.numbers) + 1), pa.int64())
    line_map = pa.table({"line": scan.numbers, "ordinal": ordinals})
    try:
        with lent(con, "line_map", line_map):
            loaded = _insert(con, query, delivery, context, has_line_map=True)
        bad = _bad_lines(con, query)
    except duckdb.Error as error:
        raise _unreadable(delivery, context, str(error)) from error
    if loaded + len(bad) != len(scan.numbers):
        raise _unreadable(delivery, context, "lines that are read differently each time")
    rejected = list(reject_lines(part.path, bad, scan, first_line=first_line))
    rejected = sorted(scan.rejected + rejected, key=lambda row: row.line or 0)
    return loaded, scan.blank, rejected


def _count(con: duckdb.DuckDBPyConnection, query: LogQuery) -> int:
    with con.cursor() as probe:  # of its own: an error would end the open transaction
        try:
            return int(probe.execute(query.count()).fetchall()[0][0])
        except duckdb.Error:
            return -1


def _insert(
    con: duckdb.DuckDBPyConnection,
    query: LogQuery,
    delivery: Delivery,
    context: Context,
    *,
    has_line_map: bool,
) -> int:
    inserted = con.execute(
        query.insert(has_line_map=has_line_map),
        {
            "source": context.source.name,
            "file": delivery.file,
            "load_id": delivery.load_id,
            "now": context.now,
            "first_line": 0 if has_line_map else delivery.start_line,
        },
    ).fetchall()
    return int(inserted[0][0])


def _bad_lines(
    con: duckdb.DuckDBPyConnection, query: LogQuery
) -> list[tuple[int, dict[str, str | None]]]:
    names = query.checked()
    rows = con.execute(query.bad()).fetchall()
    return [(row[0], dict(zip(names, row[1:], strict=True))) for row in rows]


def _query(fields: LogFields, context: Context, part: _Part) -> LogQuery:
    return LogQuery(
        fields,
        path=str(part.path),
        compression=part.compression,
        zone=context.zone.key,
        service=_constant_service(context),
    )


def _constant_service(context: Context) -> str | None:
    """hub.yml's `service` names every line of the source, unless a field is mapped to it."""
    return None if "service" in context.source.fields else context.source.service


def _fields(objects: list[dict[str, Any]], delivery: Delivery, context: Context) -> LogFields:
    try:
        return decide_fields(
            objects,
            given=context.source.fields,
            duration_unit=context.source.duration_unit,
            earlier=delivery.before or context.earlier,
            without=("service",) if _constant_service(context) else (),
        )
    except Undecided as error:
        raise context.refuse(
            delivery.file,
            column=error.column,
            found=error.found,
            expected=error.expected,
            remedy=error.remedy,
        ) from error


def _check_no_lines(delivery: Delivery, context: Context) -> None:
    """Refuse a file that has lines, but not one JSON object among the sampled ones."""
    if not delivery.content.samples:
        return
    first = delivery.content.samples[0]
    found = "lines that are no JSON objects"
    if any(_ACCESS_LOG.match(line) for line in delivery.content.samples[:5]):
        found = "an access log in common or combined form"
    elif _PREFIXED.match(first):
        found = "JSON lines with a container's name before them"
    elif first.lstrip().startswith(b"["):
        found = "a JSON array"
    raise _unreadable(delivery, context, found, line=1)


def _check_form(objects: list[dict[str, Any]], delivery: Delivery, context: Context) -> None:
    """Refuse nested forms whose meaning differs from one flat object a line."""
    keys = {key for line in objects for key in line}
    if keys & {"resourceLogs", "resourceSpans", "resourceMetrics"}:
        raise _unreadable(delivery, context, "an OpenTelemetry (OTLP) export")
    is_nested = any(
        isinstance(line.get(name), dict) for line in objects for name in ("event", "http")
    )
    if keys & {"ecs", "ecs.version"} or ("@timestamp" in keys and is_nested):
        raise _unreadable(delivery, context, "Elastic Common Schema (ECS) documents")


def _unreadable(
    delivery: Delivery, context: Context, found: str, line: int | None = None
) -> SourceError:
    return context.refuse(
        delivery.file,
        line=line,
        found=found,
        expected="one flat JSON object a line, plain or gzip",
        remedy="Have the service log JSON lines, or convert the file.",
    )


@contextmanager
def _part(delivery: Delivery, context: Context, lines: int) -> Iterator[tuple[_Part, Path]]:
    """What to read: the file itself, or a copy of the part that counts (a tail, a file without
    its byte order mark, the inspected part of a file that still grows)."""
    content = delivery.content
    context.home.var.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reading-", dir=context.home.var) as name:
        folder = Path(name)
        part = _Part(delivery.path, content.compression, lines)
        if delivery.start_byte or content.has_bom or delivery.attempt:
            start = delivery.start_byte or (len(UTF8_BOM) if content.has_bom else 0)
            part = _Part(folder / "part.jsonl", "none", lines)
            copy_content(delivery.path, part.path, start=start, end=content.content_bytes)
        yield part, folder


def _check_unchanged(delivery: Delivery, part: _Part) -> None:
    if (
        part.path == delivery.path
        and file_fingerprint(delivery.path) != delivery.content.fingerprint
    ):
        raise ReadAgain("the file changed while it was read")


def _resume(delivery: Delivery) -> tuple[int | None, int | None]:
    """A last line that was cut off is read again, whole, when the file has grown."""
    content = delivery.content
    if content.last_line_byte is None:
        return None, None
    with open_content(delivery.path) as (stream, _):
        if last_line_is_open(stream, content.last_line_byte):
            return content.last_line_byte, content.lines - 1
    return None, None
