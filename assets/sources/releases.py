"""In which forms are releases told, and how is each read?

A CSV or JSON of what went live when; a list of a repository's tags (`release_tags`); objects of
GitHub, GitLab and Jenkins (`release_objects`), by themselves or in a column of a CSV.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from assets.sources.csv_table import CsvTable
from assets.sources.date_forms import parse_date
from assets.sources.mapped_table import (
    TIME,
    TableSettings,
    Wanted,
    load_mapped,
    map_table,
    parse_csv,
)
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_table import (
    is_json,
    json_settings,
    json_table,
    objects_in_column,
    read_json,
)
from assets.sources.release_objects import LIST_KEYS, form_of, read_objects
from assets.sources.release_tags import read_tags

_OTHERS = ("environment", "run_id", "registry_version", "code_sha", "note", "status")
_CELL = "data"
NOT_RELEASED = frozenset({
    "failed", "failure", "error", "cancelled", "canceled", "aborted", "skipped", "pending",
    "queued", "waiting", "running", "in_progress", "in progress", "created", "planned",
    "scheduled", "blocked", "draft", "rejected", "timed_out", "not_build", "unstable",
})  # fmt: skip


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of releases. See `reading.Reader`."""
    form = context.source.format
    if form is None and is_json(delivery):
        return _read_json(con, delivery, context)
    if form == "git_tags" or (form is None and _is_tag_list(delivery)):
        return read_tags(con, delivery, context)
    settings = TableSettings(columns=context.source.columns)
    table = parse_csv(delivery, context, _wanted(context), settings)
    if form is None and not settings.columns and table.places(_CELL):
        rows, rejected = objects_in_column(table, _CELL)
        if found := form_of(rows):
            return read_objects(
                con, rows, found, delivery, context, rejected=[*table.rejected, *rejected],
                blank=table.blank, suffix="cells",
            )  # fmt: skip
    return _load(con, table, "csv", settings, delivery, context)


def _read_json(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    objects = read_json(delivery, context, list_keys=LIST_KEYS)
    rows = [(record.line, record.value, record.raw) for record in objects.records]
    if found := form_of(rows):
        return read_objects(
            con, rows, found, delivery, context, rejected=objects.rejected, blank=objects.blank,
            suffix=objects.form,
        )  # fmt: skip
    made = json_table(objects, delivery, context)
    settings = json_settings(TableSettings(columns=context.source.columns), made)
    return _load(con, made.table, made.form, settings, delivery, context)


def _wanted(context: Context) -> tuple[Wanted, ...]:
    needs_model = context.source.model is None
    return (
        Wanted("model", headers=("component", "service"), is_required=needs_model,
               is_filled=needs_model),
        Wanted("version", headers=("tag",), is_required=True, is_filled=True),
        Wanted("released_at", TIME, ("date", "deployed_at"), is_required=True, is_filled=True),
        *(Wanted(name) for name in _OTHERS),
    )  # fmt: skip


def _load(
    con: duckdb.DuckDBPyConnection,
    table: CsvTable,
    form: str,
    settings: TableSettings,
    delivery: Delivery,
    context: Context,
) -> Outcome:
    source = context.source
    mapped = map_table(table, delivery, context, _wanted(context), settings)
    for name, constant in (("model", source.model), ("environment", source.environment)):
        if mapped.columns and constant:
            mapped.columns[name] = [cell or constant for cell in mapped.columns[name]]
    if mapped.columns:
        told = [(cell or "").lower() for cell in mapped.columns["status"]]
        mapped.columns["status"] = [word if word in NOT_RELEASED else None for word in told]
    outcome = load_mapped(
        con, "releases", mapped, delivery, context, form=form, times=("released_at",)
    )
    return replace(outcome, resume_byte=None, resume_line=None)


def _is_tag_list(delivery: Delivery) -> bool:
    """A tag list has a time, not a name, in the second cell of its first line."""
    for line in delivery.content.samples[:1]:
        cells = line.decode("utf-8", "replace").split("\t")
        if len(cells) > 1 and parse_date(cells[1], order="dmy") is not None:
            return True
    return False
