"""How is Jira's CSV export read? Every column kept, also those whose name comes many times.

A CSV has no history: status and times are those at the moment of the export. One row per issue
and file; of an issue that comes twice in a file the row updated last is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import duckdb

from assets.sources import quarantine
from assets.sources.csv_table import CsvTable
from assets.sources.mapped_table import (
    NUMBER,
    TIME,
    MappedTable,
    TableSettings,
    Wanted,
    read_mapped,
)
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

WANTED = (
    Wanted("issue_key", headers=("Issue key", "Key"), is_required=True, is_filled=True),
    Wanted("issue_id", headers=("Issue id",)),
    Wanted("project", headers=("Project key",)),
    Wanted("issue_type", headers=("Issue Type", "Type")),
    Wanted("summary", headers=("Summary",)),
    Wanted("status", headers=("Status",), is_required=True),
    Wanted("status_category", headers=("Status Category",)),
    Wanted("resolution", headers=("Resolution",)),
    Wanted("priority", headers=("Priority",)),
    Wanted("assignee", headers=("Assignee",)),
    Wanted("reporter", headers=("Reporter",)),
    Wanted("created_at", TIME, ("Created",), is_required=True, is_filled=True),
    Wanted("updated_at", TIME, ("Updated",)),
    Wanted("resolved_at", TIME, ("Resolved", "Resolution date")),
    Wanted("story_points", NUMBER, ("Story Points", "Custom field (Story Points)",
                                    "Custom field (Story point estimate)")),
)  # fmt: skip
LISTS = {
    "sprints": ("Sprint", "Sprints", "Custom field (Sprint)"),
    "fix_versions": ("Fix versions", "Fix Version/s", "Fix Version"),
    "labels": ("Labels", "Label"),
    "components": ("Components", "Component/s", "Component"),
}
COUNTS = {"n_comments": ("Comment", "Comments"), "n_worklogs": ("Log Work", "Worklog")}
_CATEGORY_NAMES = {
    "to do": "to_do", "new": "to_do", "in progress": "in_progress",
    "indeterminate": "in_progress", "done": "done", "complete": "done",
}  # fmt: skip
_STATUS_NAMES = {
    "to_do": "to do|todo|open|reopened|new|backlog|selected for development|ready|"
    "ready for development|triage|icebox|planned",
    "in_progress": "in progress|doing|in development|in review|code review|review|in test|testing|"
    "in testing|qa|in qa|ready for review|ready for test|blocked|on hold|waiting|deploying|"
    "ready for release|ready to deploy",
    "done": "done|closed|resolved|released|complete|completed|cancelled|canceled|won't do|"
    "won't fix|rejected|declined|duplicate",
}
STATUS_CATEGORIES = {
    status: category for category, names in _STATUS_NAMES.items() for status in names.split("|")
}


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one export. See `reading.Reader`."""
    source = context.source
    columns = {ours: theirs for ours, theirs in source.columns.items() if ours not in _special()}
    settings = TableSettings(columns=columns, date_order=source.date_order)
    special = {ours: (source.columns[ours],) if ours in source.columns else names
               for ours, names in (LISTS | COUNTS).items()}  # fmt: skip
    not_extra = [name for names in special.values() for name in names]
    mapped = read_mapped(delivery, context, WANTED, settings, not_extra=not_extra)
    if mapped.columns:
        _keep_latest(mapped)
        _set_lists_and_counts(mapped, special)
        _set_project(mapped)
        _set_categories(mapped, source.status_categories)
    loaded = insert_rows(
        con, "jira_issues", mapped.columns, delivery, context, lines=mapped.lines,
        extra=mapped.extra,
    )  # fmt: skip
    times = [
        when
        for name in ("created_at", "updated_at", "resolved_at")
        for when in mapped.columns.get(name, [])
        if when is not None
    ]
    return Outcome(
        mapped.table.count, loaded, mapped.table.blank, mapped.rejected, "jira_csv",
        mapped.detected, min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _special() -> set[str]:
    return {*LISTS, *COUNTS}


def _keep_latest(mapped: MappedTable) -> None:
    """Of several rows of one issue, the one updated last (the later row when equal) stays."""
    never = datetime.min.replace(tzinfo=UTC)
    latest: dict[str, int] = {}
    problems: dict[int, Rejected] = {}
    updated = [when or never for when in mapped.columns["updated_at"]]
    for row, key in enumerate(mapped.columns["issue_key"]):
        older = latest.setdefault(key, row)
        if older == row:
            continue
        if updated[row] >= updated[older]:
            latest[key] = row
        else:
            older = row
        problems[older] = mapped.rejection(
            older, quarantine.DUPLICATE_KEY, "issue_key", key, "one row per issue in an export"
        )
    mapped.reject(problems)


def _set_lists_and_counts(mapped: MappedTable, special: Mapping[str, tuple[str, ...]]) -> None:
    for ours, names in special.items():
        places = _places(mapped.table, names)
        filled = [
            [record.cells[place].strip() for place in places if place < len(record.cells)]
            for record in mapped.records
        ]
        values = [[cell for cell in cells if cell] for cells in filled]
        if ours in COUNTS:
            mapped.columns[ours] = [len(cells) for cells in values]
        else:
            mapped.columns[ours] = [json.dumps(cells, ensure_ascii=False) for cells in values]
        if places:
            mapped.detected["columns"][ours] = [mapped.table.header[place] for place in places]


def _places(table: CsvTable, names: tuple[str, ...]) -> list[int]:
    return sorted({place for name in names for place in table.places(name)})


def _set_project(mapped: MappedTable) -> None:
    """An export without a project column tells the project by the issue's key."""
    cells = mapped.columns
    cells["project"] = [
        project or key.rpartition("-")[0] or None
        for project, key in zip(cells["project"], cells["issue_key"], strict=True)
    ]


def _set_categories(mapped: MappedTable, given: Mapping[str, str]) -> None:
    """to_do, in_progress or done: from the export, else hub.yml, else common names."""
    by_status = STATUS_CATEGORIES | {_fold(name): category for name, category in given.items()}
    cells = mapped.columns
    categories = [
        _CATEGORY_NAMES.get(_fold(category or "")) or by_status.get(_fold(status or ""))
        for category, status in zip(cells["status_category"], cells["status"], strict=True)
    ]
    unknown = sorted({
        status
        for status, category in zip(cells["status"], categories, strict=True)
        if status and category is None
    })  # fmt: skip
    cells["status_category"] = categories
    if unknown:
        mapped.detected["statuses_without_category"] = unknown[:50]


def _fold(text: str) -> str:
    return " ".join(text.split()).lower()
