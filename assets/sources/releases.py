"""How are releases read? A CSV of what went live when, or a list of a repository's tags.

A tag list is tab-separated and has no header: tag, time, and whatever follows (as written by
`git for-each-ref refs/tags --format='%(refname:short)%09%(creatordate:iso-strict)%09…'`). It names
no model, so `hub.yml` does: `model: <model or service>`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.content import Unreadable, read_content
from assets.sources.csv_table import CsvRecord, CsvTable, read_table
from assets.sources.date_forms import parse_date, to_utc
from assets.sources.mapped_table import TIME, TableSettings, Wanted, read_mapped
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

_COLUMNS = ("model", "version", "released_at", "environment", "run_id", "registry_version",
            "code_sha", "note")  # fmt: skip


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of releases. See `reading.Reader`."""
    form = context.source.format or _detect_format(delivery)
    if form == "git_tags":
        return _read_tags(con, delivery, context)
    return _read_csv(con, delivery, context)


def _read_csv(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    source = context.source
    needs_model = source.model is None
    wanted = (
        Wanted("model", headers=("component", "service"), is_required=needs_model,
               is_filled=needs_model),
        Wanted("version", headers=("tag",), is_required=True, is_filled=True),
        Wanted("released_at", TIME, ("date", "deployed_at"), is_required=True, is_filled=True),
        *(Wanted(name) for name in _COLUMNS[3:]),
    )  # fmt: skip
    mapped = read_mapped(delivery, context, wanted, TableSettings(columns=source.columns))
    cells = mapped.columns
    for name, constant in (("model", source.model), ("environment", source.environment)):
        if cells and constant:
            cells[name] = [cell or constant for cell in cells[name]]
    loaded = insert_rows(
        con, "releases", cells, delivery, context, lines=mapped.lines, extra=mapped.extra
    )
    times = cells.get("released_at", [])
    return Outcome(
        mapped.table.count, loaded, mapped.table.blank, mapped.rejected, "csv", mapped.detected,
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _detect_format(delivery: Delivery) -> str:
    """A tag list has a time, not a name, in the second cell of its first line."""
    for line in delivery.content.samples[:1]:
        cells = line.decode("utf-8", "replace").split("\t")
        if len(cells) > 1 and parse_date(cells[1], order="dmy") is not None:
            return "git_tags"
    return "csv"


def _read_tags(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    source = context.source
    if source.model is None:
        raise context.refuse(
            delivery.file,
            found="a list of git tags and no model",
            expected="the model or service that the tags release",
            remedy="Name it in hub.yml: `model: <name>`.",
        )
    table = _tag_table(delivery, context)
    texts = {record.cells[1].strip() for record in table.records if len(record.cells) > 1}
    read = [(text, when) for text in texts if (when := parse_date(text, order="dmy"))]
    known = to_utc(read, context.zone).times
    versions: list[str] = []
    times: list[datetime] = []
    lines: list[int | None] = []
    extra: list[dict[str, Any] | None] = []
    rejected: list[Rejected] = list(table.rejected)
    for record in table.records:
        tag, text = (*(cell.strip() for cell in record.cells[:2]), "")[:2]
        if not tag or text not in known:
            rejected.append(_reject_tag(record, tag, text))
            continue
        versions.append(tag)
        times.append(known[text])
        lines.append(record.line)
        rest = [cell for cell in record.cells[2:] if cell.strip()]
        extra.append({"cells": rest} if rest else None)
    count = len(versions)
    columns = {
        "model": [source.model] * count,
        "version": versions,
        "released_at": times,
        "environment": [source.environment] * count,
    }
    loaded = insert_rows(con, "releases", columns, delivery, context, lines=lines, extra=extra)
    return Outcome(
        table.count, loaded, table.blank, rejected, "git_tags", {"model": source.model},
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _reject_tag(record: CsvRecord, tag: str, text: str) -> Rejected:
    if not tag:
        return Rejected(
            record.line, quarantine.MISSING_REQUIRED, "version", None, "a tag", record.raw
        )
    return Rejected(
        record.line, quarantine.BAD_TIMESTAMP, "released_at", text, "an ISO time", record.raw
    )


def _tag_table(delivery: Delivery, context: Context) -> CsvTable:
    try:
        data = read_content(delivery.path, delivery.content.content_bytes)
    except Unreadable as error:
        raise context.refuse(
            delivery.file, found=str(error), expected="a readable file", remedy="Deliver it again."
        ) from error
    return read_table(data, delimiter="\t", has_header=False)
