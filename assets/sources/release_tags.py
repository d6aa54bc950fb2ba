"""What does a list of a repository's tags say was released, and when?

A tag list is tab-separated and has no header: tag, time, and whatever follows (as written by
`git for-each-ref refs/tags --format='%(refname:short)%09%(creatordate:iso-strict)%09…'`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.csv_table import CsvRecord, CsvTable, read_table
from assets.sources.date_forms import parse_date, to_utc
from assets.sources.mapped_table import TableSettings, parse_content
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome, insert_rows
from hub.source_settings import ReleasesSource

PRE_RELEASE = "pre-release"
OTHER_COMPONENT, REPEATED = "other component", "repeated tag"
_CANDIDATE = re.compile(
    r"(?<![a-z])(rc|alpha|beta|pre|preview|dev|snapshot|nightly|canary|a|b)[.-]?\d*(?![a-z])",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_PREFIX = re.compile(r"(.*?)v?\d")
# Tags that were made within a day of commits further apart than this were made anew.
_COMMITS_APART = timedelta(days=7)
_FEWEST_MADE_ANEW = 3
_COMMIT_CELL = 5


@dataclass(frozen=True)
class Tag:
    """What one tag releases; `status` says why it is no release (None: it is one)."""

    model: str | None
    version: str
    environment: str | None
    status: str | None


def is_candidate(version: str) -> bool:
    """Whether a version is a candidate: `-rc.1`, `0.9a2`, `2.0-beta`."""
    match = None if _COMMIT.fullmatch(version) else re.search(r"\d", version)
    return match is not None and _CANDIDATE.search(version, match.start()) is not None


def read_tag(tag: str, source: ReleasesSource) -> Tag:
    """The component and version of a tag, by the patterns of `hub.yml`."""
    model, version = source.model, tag
    for component in source.components:
        if match := re.fullmatch(component.pattern, tag):
            groups = match.groupdict()
            model = component.model or groups.get("model") or source.model
            version = groups.get("version") or tag
            break
    held = source.candidates == "pre_release" and is_candidate(version)
    status = OTHER_COMPONENT if model is None else None
    return Tag(model, version, PRE_RELEASE if held else source.environment, status)


def read_tags(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load a list of tags. See `reading.Reader`."""
    source = context.source
    table = parse_content(
        delivery, context, TableSettings(),
        lambda data: read_table(data, delimiter="\t", has_header=False),
    )  # fmt: skip
    if source.model is None and not source.components:
        raise context.refuse(
            delivery.file,
            found=f"a list of git tags and no model; {_told(_prefixes(table))}",
            expected="the model or service that the tags release",
            remedy="Name it in hub.yml: `model: <name>`; or, for several components, "
            "`components: [{pattern: 'web/v?(?P<version>.+)', model: web}, …]`.",
        )
    known = _times(table, context)
    rejected: list[Rejected] = list(table.rejected)
    kept: list[tuple[CsvRecord, str, datetime]] = []
    for record in table.records:
        tag, text = (*(cell.strip() for cell in record.cells[:2]), "", "")[:2]
        if not tag or text not in known:
            rejected.append(_reject(record, tag, text))
        else:
            kept.append((record, tag, known[text]))
    loaded, detected = _insert(con, kept, known, delivery, context)
    times = [when for _, _, when in kept]
    detected["tags"] = _prefixes(table)
    return Outcome(
        table.count, loaded, table.blank, rejected, "git_tags", detected,
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _insert(
    con: duckdb.DuckDBPyConnection,
    kept: Sequence[tuple[CsvRecord, str, datetime]],
    known: Mapping[str, datetime],
    delivery: Delivery,
    context: Context,
) -> tuple[int, dict[str, Any]]:
    tags = [read_tag(tag, context.source) for _, tag, _ in kept]
    anew = _made_anew(kept, known)
    seen: set[tuple[str | None, str, datetime]] = set()
    statuses: list[str | None] = []
    for tag, (_, _, when) in zip(tags, kept, strict=True):
        key = tag.model, tag.version.removeprefix("v"), when
        statuses.append(tag.status or (REPEATED if key in seen else None))
        seen.add(key)
    columns: dict[str, list[Any]] = {
        "model": [tag.model for tag in tags],
        "version": [tag.version for tag in tags],
        "released_at": [anew.get(row, when) for row, (_, _, when) in enumerate(kept)],
        "environment": [tag.environment for tag in tags],
        "status": statuses,
        "note": ["tagged anew; the time is the commit's" if row in anew else None
                 for row in range(len(kept))],
    }  # fmt: skip
    rest = [[cell for cell in record.cells[2:] if cell.strip()] for record, _, _ in kept]
    extra = [
        ({"cells": cells} if cells else {}) | ({"tag": name} if tag.version != name else {})
        for cells, tag, (_, name, _) in zip(rest, tags, kept, strict=True)
    ]
    lines = [record.line for record, _, _ in kept]
    loaded = insert_rows(con, "releases", columns, delivery, context, lines=lines, extra=extra)
    counts = {
        "candidates": sum(tag.environment == PRE_RELEASE for tag in tags),
        "other_components": statuses.count(OTHER_COMPONENT),
        "repeated_tags": statuses.count(REPEATED),
        "tagged_anew": len(anew),
    }
    models = {"model": context.source.model} if context.source.model else {}
    return loaded, models | {name: count for name, count in counts.items() if count}


def _times(table: CsvTable, context: Context) -> dict[str, datetime]:
    texts = {
        cell.strip() for record in table.records for cell in record.cells[1 : _COMMIT_CELL + 1]
    }
    read = [(text, when) for text in texts if (when := parse_date(text, order="dmy"))]
    return dict(to_utc(read, context.zone).times)


def _made_anew(
    kept: Sequence[tuple[CsvRecord, str, datetime]], known: Mapping[str, datetime]
) -> dict[int, datetime]:
    """Rows whose tag was made long after its commit, together with others: the commit's times."""
    by_day: dict[Any, list[tuple[int, datetime]]] = {}
    for row, (record, _, when) in enumerate(kept):
        commit = known.get((record.cells[_COMMIT_CELL : _COMMIT_CELL + 1] or [""])[0].strip())
        if commit is not None:
            by_day.setdefault(when.date(), []).append((row, commit))
    found: dict[int, datetime] = {}
    for rows in by_day.values():
        commits = [commit for _, commit in rows]
        if len(rows) >= _FEWEST_MADE_ANEW and max(commits) - min(commits) > _COMMITS_APART:
            found |= dict(rows)
    return found


def _prefixes(table: CsvTable) -> dict[str, int]:
    """What stands before the numbers of the tags, most frequent first: several components?"""
    names = (record.cells[0].strip() for record in table.records if record.cells)
    counts = Counter(_prefix(name) for name in names if name)
    return dict(counts.most_common(8))


def _prefix(tag: str) -> str:
    match = _PREFIX.match(tag)
    return f"{match[1]}…" if match else "no number"


def _told(counts: Mapping[str, int]) -> str:
    parts: Iterable[str] = (f"`{prefix}` {count:,}" for prefix, count in counts.items())
    return "tags by what stands before the number: " + ", ".join(parts)


def _reject(record: CsvRecord, tag: str, text: str) -> Rejected:
    if not tag:
        return Rejected(
            record.line, quarantine.MISSING_REQUIRED, "version", None, "a tag", record.raw
        )
    return Rejected(
        record.line, quarantine.BAD_TIMESTAMP, "released_at", text, "an ISO time", record.raw
    )
