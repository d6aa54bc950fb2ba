"""How are incidents read? CSV, or the incidents of PagerDuty: pages, lists, lines, cells.

An incident that is exported again is a further delivery of the same one; staging keeps the latest
state of each. PagerDuty's members are known by name: the acknowledgement is the first one given,
the end is `resolved_at`, or the last change of an incident that is resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from assets.sources.mapped_table import TIME, TableSettings, Wanted, load_mapped, map_table
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_table import (
    RecordTable,
    is_json,
    json_settings,
    json_table,
    objects_in_column,
    read_json,
    read_records,
    table_of_objects,
)

WANTED = (
    Wanted("incident_id", headers=("id", "incident", "incident_number", "number", "key", "ticket"),
           is_required=True, is_filled=True),
    Wanted("service", headers=("service_name", "component", "affected_service", "system")),
    Wanted("title", headers=("summary", "description", "name", "short_description")),
    Wanted("severity", headers=("urgency", "priority", "impact", "sev")),
    Wanted("status", headers=("state",)),
    Wanted("started_at", TIME,
           ("created_at", "opened_at", "triggered_at", "created_on", "start", "start_time",
            "detected_at", "created", "opened"), True, True),
    Wanted("acknowledged_at", TIME, ("acknowledged", "ack_at", "acked_at")),
    Wanted("resolved_at", TIME,
           ("resolved_on", "ended_at", "closed_at", "end", "end_time", "resolved", "closed")),
    Wanted("updated_at", TIME, ("last_status_change_at", "updated", "last_updated")),
    Wanted("release_component", headers=("release_model", "deployed_service", "caused_by_service")),
    Wanted("release_version", headers=("version", "release", "deploy", "deployment",
                                       "caused_by_version", "caused_by")),
)  # fmt: skip
LIST_KEYS = ("incidents", "data", "records", "results")
_CELL = "data"


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of incidents. See `reading.Reader`."""
    source = context.source
    settings = TableSettings(columns=source.columns, date_format=source.date_format)
    found, form = _read(delivery, context, settings)
    mapped = map_table(found.table, delivery, context, WANTED, json_settings(settings, found))
    return load_mapped(
        con, "incidents", mapped, delivery, context, form=form,
        times=("started_at", "resolved_at"), resume=(found.resume_byte, found.resume_line),
    )  # fmt: skip


def _read(delivery: Delivery, context: Context, settings: TableSettings) -> tuple[RecordTable, str]:
    """The file's table, and its form with PagerDuty's named."""
    if is_json(delivery):
        objects = read_json(delivery, context, list_keys=LIST_KEYS)
        rows = [(record.line, record.value, record.raw) for record in objects.records]
        if not _are_pagerduty(rows):
            found = json_table(objects, delivery, context)
            return found, found.form
        table = table_of_objects([(n, _of_pagerduty(v), raw) for n, v, raw in rows],
                                 delivery, context)  # fmt: skip
        table.rejected, table.blank = list(objects.rejected), objects.blank
        made = json_table(objects, delivery, context)
        return replace(made, table=table), f"pagerduty_{objects.form}"
    found = read_records(delivery, context, WANTED, settings)
    table = found.table
    if settings.columns or not table.places(_CELL) or table.places("started_at"):
        return found, found.form
    rows, rejected = objects_in_column(table, _CELL)
    if not _are_pagerduty(rows):
        return found, found.form
    made_table = table_of_objects([(n, _of_pagerduty(v), raw) for n, v, raw in rows],
                                  delivery, context)  # fmt: skip
    made_table.rejected, made_table.blank = [*table.rejected, *rejected], table.blank
    return replace(found, table=made_table), "pagerduty_cells"


def _are_pagerduty(rows: Sequence[tuple[int, dict[str, Any], str]]) -> bool:
    return any(
        "incident_number" in value and isinstance(value.get("service"), dict)
        for _, value, _ in rows
    )


def _of_pagerduty(incident: Mapping[str, Any]) -> dict[str, Any]:
    """Our columns of one of PagerDuty's incidents, and its other members beside them."""
    rest = dict(incident)
    status = rest.pop("status", None)
    changed_at = rest.pop("last_status_change_at", None)
    resolved_at = rest.pop("resolved_at", None)
    priority = rest.get("priority")
    severity = priority.get("summary") if isinstance(priority, dict) else None
    service = rest.pop("service", None)
    return {
        "incident_id": rest.pop("id", None),
        "service": service.get("summary") if isinstance(service, dict) else service,
        "title": rest.pop("title", None) or rest.pop("summary", None),
        "severity": severity or rest.get("urgency"),
        "status": status,
        "started_at": rest.pop("created_at", None),
        "acknowledged_at": min(_acknowledged(incident), default=None),
        "resolved_at": resolved_at or (changed_at if status == "resolved" else None),
        "updated_at": rest.pop("updated_at", None) or changed_at,
        "pagerduty": rest,
    }


def _acknowledged(incident: Mapping[str, Any]) -> Iterator[str]:
    """The times of acknowledgements; all are written alike, so the least text is the first."""
    for entry in _objects(incident.get("acknowledgements")):
        if isinstance(entry.get("at"), str):
            yield entry["at"]
    for entry in _objects(incident.get("log_entries")):
        is_one = str(entry.get("type", "")).startswith("acknowledge_log_entry")
        if is_one and isinstance(entry.get("created_at"), str):
            yield entry["created_at"]


def _objects(value: Any) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]
