"""How are the metrics of services read? From whatever a monitoring system exports.

Told from the content: OpenMetrics text, Prometheus' query answers, CloudWatch's JSON, NGINX Plus'
status, and tables (panel exports of Grafana and Datadog, `timestamp,value` files). Values are kept
as they were measured; staging makes rates of counters.
"""

from __future__ import annotations

import duckdb

from assets.sources.json_records import JsonRecords
from assets.sources.metric_csv import read_csv_metrics, read_object_metrics
from assets.sources.metric_json import form_of, read_documents
from assets.sources.metric_samples import Samples, load_samples
from assets.sources.nginx_status import is_status, read_status
from assets.sources.openmetrics import looks_like_exposition, read_exposition
from assets.sources.reading import Context, Delivery, Outcome
from assets.sources.record_table import is_json, read_json


def read(con: duckdb.DuckDBPyConnection, delivery: Delivery, context: Context) -> Outcome:
    """Load one file of metrics, or the tail of a grown one. See `reading.Reader`."""
    if is_json(delivery):
        found = _read_json(delivery, context)
    elif looks_like_exposition(delivery.content.samples):
        found = read_exposition(delivery, context)
    else:
        found = read_csv_metrics(delivery, context)
    return load_samples(con, found, delivery, context)


def _read_json(delivery: Delivery, context: Context) -> Samples:
    objects = read_json(delivery, context)
    values = [record.value for record in objects.records]
    form = next((form for value in values if (form := form_of(value))), None)
    if form:
        found = read_documents(objects.records, form, delivery, context)
    elif any(is_status(value) for value in values):
        found = read_status(objects.records)
    elif values and "@context" in values[0] and "url" in values[0]:
        return _description(objects)
    else:
        return read_object_metrics(objects, delivery, context)
    found.rejected = sorted([*found.rejected, *objects.rejected], key=lambda row: row.line or 0)
    found.blank += objects.blank
    content = delivery.content
    if objects.open_line is not None and content.last_line_byte is not None:
        found.resume = (content.last_line_byte, content.lines - 1)
    return found


def _description(objects: JsonRecords) -> Samples:
    """A document that describes a table of metrics (CSVW) holds no sample: one blank record."""
    about = objects.records[0].value
    notes = about.get("notes")
    return Samples(
        "csvw_description",
        rejected=objects.rejected,
        blank=objects.blank + len(objects.records),
        detected={"describes": str(about["url"])[:200], "notes": str(notes)[:500]},
    )
