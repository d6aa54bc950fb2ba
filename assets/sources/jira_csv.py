"""How is Jira's CSV export read? Every column kept, also those whose name comes many times.

The header is read by meaning, in whatever language it was exported. A CSV has no history: status
and times are those at the moment of the export. One row per issue and file; of an issue that comes
twice in a file the row updated last is loaded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import duckdb

from assets.sources import quarantine
from assets.sources.csv_table import CsvTable
from assets.sources.date_forms import ORDERS, UndecidedDates, decide_form
from assets.sources.jira_categories import ISSUE, category_of_key, category_of_status
from assets.sources.jira_headers import FIELDS, field_of, headers_of, rank_of
from assets.sources.jira_rows import later_rows, write_statuses
from assets.sources.mapped_table import NUMBER, TIME, MappedTable, TableSettings, Wanted, map_table
from assets.sources.problem import known_columns
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

TIMES = ("created_at", "updated_at", "resolved_at")
LISTS = ("sprints", "fix_versions", "labels", "components")
COUNTS = ("n_comments", "n_worklogs")
REQUIRED = ("issue_key", "status", "created_at")
_FILLED = ("issue_key", "created_at")
_FEWEST_CONTRADICTIONS = 2
_FEWEST_KEYS = 3
_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[1-9]\d*$")
_MEANINGS = {
    "issue_key": "the issue's key", "status": "its status",
    "created_at": "when it was created",
}  # fmt: skip


def wanted_columns(headers: Mapping[str, str] | None = None) -> list[Wanted]:
    """What is read of an export; with `headers` only under those names, else under any known."""
    return [
        Wanted(
            name,
            TIME if name in TIMES else NUMBER if name == "story_points" else "text",
            headers_of(name) if headers is None else tuple(filter(None, [headers.get(name)])),
            is_filled=name in _FILLED,
        )
        for name in FIELDS
        if name not in (*LISTS, *COUNTS)
    ]


def read_export(
    con: duckdb.DuckDBPyConnection, table: CsvTable, delivery: Delivery, context: Context
) -> Outcome:
    """Load one parsed export. See `reading.Reader`."""
    source = context.source
    headers = _find_headers(table, source.columns)
    by_values = None if "issue_key" in headers else _key_by_values(table)
    if by_values:
        headers["issue_key"] = [by_values]
    if table.header:
        _check_given(table, source.columns, delivery, context)
        _check_required(table, headers, delivery, context)
    single = {name: titles[0] for name, titles in headers.items()}
    given = {name: title for name, title in source.columns.items()
             if name not in (*LISTS, *COUNTS)}  # fmt: skip
    dated = _with_shared_order(table, single, delivery, context)
    dropped = [title for name in (*LISTS, *COUNTS) for title in headers.get(name, [])]
    mapped = map_table(
        table, delivery, dated, wanted_columns(single),
        TableSettings(columns=given, date_order=source.date_order), not_extra=dropped,
    )  # fmt: skip
    if mapped.columns:
        _check_sequence(mapped, delivery, context)
        later_rows(mapped)
        _set_lists_and_counts(mapped, headers)
        _set_project(mapped)
        _set_categories(con, mapped, delivery, context)
    if by_values and mapped.columns:
        mapped.detected["issue_key_known_by"] = "its values, which are keys and all different"
    if table.repaired:
        mapped.detected["requoted_lines"] = {
            "repaired": len(table.repaired), "first": table.repaired[0],
        }  # fmt: skip
    loaded = insert_rows(
        con, "jira_issues", mapped.columns, delivery, context, lines=mapped.lines,
        extra=mapped.extra,
    )  # fmt: skip
    times = [when for name in TIMES for when in mapped.columns.get(name, []) if when is not None]
    return Outcome(
        table.count, loaded, table.blank, mapped.rejected, "jira_csv", mapped.detected,
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def _find_headers(table: CsvTable, given: Mapping[str, str]) -> dict[str, list[str]]:
    """Our names to the headers of the file that mean them, the most usual one first."""
    found: dict[str, list[str]] = {}
    for title in dict.fromkeys(table.header):
        if title and (name := field_of(title)):
            found.setdefault(name, []).append(title)
    ranked = {
        name: sorted(titles, key=partial(rank_of, field=name)) for name, titles in found.items()
    }
    named = {title.casefold() for title in given.values()}
    free = {
        name: [title for title in titles if title.casefold() not in named]
        for name, titles in ranked.items()
    }
    ours = {name: [name] for name in FIELDS if name not in free and table.places(name)}
    return ours | {n: t for n, t in free.items() if t} | {n: [t] for n, t in given.items()}


def _key_by_values(table: CsvTable) -> str | None:
    """In a language that is not known here: the one column of which every cell is a key, none
    twice."""
    found = []
    for place, title in enumerate(table.header):
        cells = [record.cells[place].strip() for record in table.records] if title else []
        is_key = all(_KEY.match(cell) for cell in cells) and len(set(cells)) == len(cells)
        if is_key and len(cells) >= _FEWEST_KEYS and len(table.places(title)) == 1:
            found.append(title)
    return found[0] if len(found) == 1 else None


def _check_given(
    table: CsvTable, given: Mapping[str, str], delivery: Delivery, context: Context
) -> None:
    """Headers that hub.yml names must be there; those of single columns are checked with these."""
    for name, title in given.items():
        if name in (*LISTS, *COUNTS) and not table.places(title):
            raise context.refuse(
                delivery.file,
                line=table.header_line,
                column=title,
                found="an export without it",
                expected=f"the column that `columns: {{{name}: {title}}}` in hub.yml names",
                remedy="Correct the header in hub.yml, or leave the mapping out.",
            )


def _check_required(
    table: CsvTable, headers: Mapping[str, Sequence[str]], delivery: Delivery, context: Context
) -> None:
    for name in REQUIRED:
        if name in headers:
            continue
        title = headers_of(name)[0]
        examples = ", ".join(f"`{word}`" for word in headers_of(name)[:8])
        columns = ", ".join(text for text in dict.fromkeys(table.header) if text)
        raise context.refuse(
            delivery.file,
            line=table.header_line,
            column=title,
            found=f"an export without it; its columns are {columns[:500]}",
            published_found="an export without it; it has "
            + known_columns(
                table.header, [title for titles in headers.values() for title in titles]
            ),
            expected=f"a column that says {_MEANINGS[name]}, such as {examples}",
            remedy=f"Export it again with the column `{title}` (in Jira: all fields), or, when it "
            f"goes by another name, map it in hub.yml: `columns: {{{name}: <header>}}`.",
        )


def _with_shared_order(
    table: CsvTable, headers: Mapping[str, str], delivery: Delivery, context: Context
) -> Context:
    """Jira writes every date of an export alike: a column that leaves day and month open is read
    as one that shows them. Columns that show different orders refuse the file."""
    shown: dict[str, tuple[str, str]] = {}
    present = [name for name in TIMES if name in headers and not context.source.date_order]
    for name in present:
        place = table.places(headers[name])[:1]
        cells = {record.cells[at].strip() for record in table.records for at in place} - {""}
        try:
            form = decide_form(cells)
        except UndecidedDates:
            continue
        if form.name in ORDERS:
            shown[form.name] = (name, headers[name])
    if len(shown) > 1:
        told = " and ".join(f"`{title}` reads {order}" for order, (_, title) in shown.items())
        raise context.refuse(
            delivery.file,
            column=next(iter(shown.values()))[1],
            found=f"columns whose dates contradict each other: {told}",
            expected="one order of day and month in an export",
            remedy="Export the file again and do not open it in a spreadsheet before, or say the "
            "order in hub.yml with `date_order` (dmy or mdy).",
        )
    if not shown:
        return context
    return replace(
        context, earlier={**context.earlier, "dates": dict.fromkeys(TIMES, next(iter(shown)))}
    )


def _check_sequence(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """An issue is not updated before it is created. Rows that say so are set aside; several in
    dates of numbers alone show that day and month changed places, and refuse the file."""
    cells = mapped.columns
    problems: dict[int, Rejected] = {}
    for name in ("updated_at", "resolved_at"):
        for row, (created, later) in enumerate(zip(cells["created_at"], cells[name], strict=True)):
            if later is not None and later < created - timedelta(days=1) and row not in problems:
                problems[row] = mapped.rejection(
                    row, quarantine.BAD_TIMESTAMP, name, f"{later:%Y-%m-%d}",
                    f"a time after {created:%Y-%m-%d}, when the issue was created",
                )  # fmt: skip
    forms = mapped.detected.get("dates", {})
    if len(problems) >= _FEWEST_CONTRADICTIONS and forms.get("created_at") in ("dmy", "mdy"):
        first = min(problems)
        raise context.refuse(
            delivery.file,
            line=mapped.records[first].line,
            column=mapped.detected["columns"]["created_at"],
            found=f"{len(problems)} issues that were changed before they were created, such as "
            f"{cells['issue_key'][first]}, when dates are read {forms['created_at']}",
            expected="dates whose day and month stand in one order",
            remedy="Export the file again and do not open it in a spreadsheet before, or say the "
            "order in hub.yml with `date_order` (dmy or mdy).",
        )
    mapped.reject(problems)


def _set_lists_and_counts(mapped: MappedTable, headers: Mapping[str, Sequence[str]]) -> None:
    for name in (*LISTS, *COUNTS):
        places = sorted({p for title in headers.get(name, []) for p in mapped.table.places(title)})
        filled = [
            [record.cells[place].strip() for place in places if place < len(record.cells)]
            for record in mapped.records
        ]
        values = [[cell for cell in cells if cell] for cells in filled]
        if name in COUNTS:
            mapped.columns[name] = [len(cells) if places else None for cells in values]
        else:
            mapped.columns[name] = [json.dumps(cells, ensure_ascii=False) for cells in values]
        if places:
            titles = [mapped.table.header[place] for place in places]
            mapped.detected["columns"][name] = _counted(titles)


def _counted(titles: Sequence[str]) -> str:
    """`Sprint ×3`: repeated headers told once."""
    times = {title: titles.count(title) for title in titles}
    return ", ".join(f"{title} ×{n}" if n > 1 else title for title, n in times.items())


def _set_project(mapped: MappedTable) -> None:
    """An export without a project column tells the project by the issue's key."""
    cells = mapped.columns
    cells["project"] = [
        project or key.rpartition("-")[0] or None
        for project, key in zip(cells["project"], cells["issue_key"], strict=True)
    ]


def _set_categories(
    con: duckdb.DuckDBPyConnection, mapped: MappedTable, delivery: Delivery, context: Context
) -> None:
    """to_do, in_progress or done: from the export, else hub.yml, else common names."""
    cells = mapped.columns
    known: dict[tuple[str, str], Any] = {}
    categories: list[str | None] = []
    unknown: set[str] = set()
    for told, status in zip(cells["status_category"], cells["status"], strict=True):
        category, _ = category_of_key(told)
        origin = ISSUE
        if category is None:
            category, origin = category_of_status(status, context.source.status_categories)
        categories.append(category)
        if status and category:
            known[status, origin] = category
        elif status:
            unknown.add(status)
    cells["status_category"] = categories
    write_statuses(con, [(None, *seen, found) for seen, found in known.items()], delivery, context)
    if unknown:
        mapped.detected["statuses_without_category"] = sorted(unknown)[:50]
