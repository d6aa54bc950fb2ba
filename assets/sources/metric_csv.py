"""How are metrics in tables read? A row a sample, or a time and one column a series.

Grafana's and Datadog's panel exports, and any `timestamp,value` file. A file that names no metric
goes by its own name. In the wide form every cell is a record, and an empty one is blank.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from assets.sources import quarantine
from assets.sources.csv_table import CsvTable, fold
from assets.sources.json_records import JsonRecords
from assets.sources.mapped_table import TIME, MappedTable, TableSettings, Wanted, map_table
from assets.sources.metric_samples import Labels, Sample, Samples, labels_of
from assets.sources.metric_values import (
    MISSING,
    NoNumber,
    decimal_sign,
    parse_series,
    parse_value,
    unit_name,
    unit_of,
)
from assets.sources.reading import Context, Delivery
from assets.sources.record_table import RecordTable, json_table, read_records
from assets.sources.wide_table import unpivot

TIMES = ("timestamp", "time", "ts", "date", "datetime", "@timestamp", "date time", "measured at",
         "_time", "period start", "unix timestamp")  # fmt: skip
_VALUES = ("values", "_value", "metric_value", "val", "y", "average", "avg", "mean")
_METRICS = ("metric_name", "series", "series name", "name", "_measurement", "query")
_SERVICES = ("service_name", "application", "app", "component")
_LABELS = frozenset((
    "host", "hostname", "instance", "instance_id", "pod", "container", "node", "region", "zone",
    "az", "availability_zone", "endpoint", "method", "status", "status_code", "code", "path",
    "route", "handler", "job", "env", "environment", "version", "cluster", "namespace",
    "quantile", "le", "device", "statistic", "stat", "scope", "tags", "group", "queue", "table",
))  # fmt: skip
WANTED = (
    Wanted("measured_at", TIME, TIMES, True, True),
    Wanted("value", headers=_VALUES, is_required=True),
    Wanted("metric", headers=_METRICS),
    Wanted("service", headers=_SERVICES),
    Wanted("unit", headers=("units",)),
    Wanted("kind", headers=("metric_type",)),
    Wanted("period_seconds", headers=("period", "interval", "step")),
)
_KINDS = {"counter": "counter", "count": "delta", "gauge": "gauge", "delta": "delta",
          "rate": "rate", "cumulative": "counter", "sum": "counter"}  # fmt: skip


def read_csv_metrics(delivery: Delivery, context: Context) -> Samples:
    """The samples of a table. Raises `SourceError`."""
    settings = _settings(context)
    found = read_records(delivery, context, WANTED, settings)
    return _of_table(found, delivery, context, settings)


def read_object_metrics(objects: JsonRecords, delivery: Delivery, context: Context) -> Samples:
    """The samples of objects with a time, a value and perhaps a metric each."""
    return _of_table(json_table(objects, delivery, context), delivery, context, _settings(context))


def _settings(context: Context) -> TableSettings:
    source = context.source
    return TableSettings(
        columns=source.columns,
        delimiter=source.delimiter,
        encoding=source.encoding,
        date_format=source.date_format,
    )


def _of_table(
    found: RecordTable, delivery: Delivery, context: Context, settings: TableSettings
) -> Samples:
    table = found.table
    is_long = "value" in settings.columns or any(table.places(n) for n in ("value", *_VALUES))
    is_wide = not found.is_json and not is_long and _has_series(table, settings)
    if is_wide:
        time = settings.columns.get("measured_at") or table.header[_time_place(table)]
        table = unpivot(table, keep=(time,), name="series", value="value", empty=MISSING)
        settings = replace(settings, columns={"measured_at": time})
    mapped = map_table(table, delivery, context, WANTED, settings)
    form = f"{found.form}_series" if is_wide else found.form
    samples = Samples(form, rejected=mapped.rejected, blank=table.blank,
                      resume=(found.resume_byte, found.resume_line))  # fmt: skip
    samples.detected = {**mapped.detected, "rows": "a time" if is_wide else "a sample"}
    if mapped.columns:
        _take(samples, mapped, delivery, context)
    samples.rejected = mapped.rejected
    return samples


def _has_series(table: CsvTable, settings: TableSettings) -> bool:
    return "measured_at" in settings.columns or _time_place(table) >= 0


def _time_place(table: CsvTable) -> int:
    """The column of times among the first two; -1 when neither is called so."""
    named = [place for place, title in enumerate(table.header[:2]) if fold(title) in TIMES]
    return named[0] if named and len(table.header) > named[0] + 1 else -1


def _take(samples: Samples, mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    cells, source = mapped.columns, context.source
    sign = source.decimal or decimal_sign(
        (cell for cell in cells["value"] if cell), delimiter=mapped.table.delimiter
    )
    own = source.metric or _metric_of_file(delivery)
    is_named = any(cells["metric"])
    samples.detected["metric"] = (
        {"told_by": "a column"} if is_named
        else {"name": own, "told_by": "hub.yml" if source.metric else "the file's name"}
    )  # fmt: skip
    names: dict[str | None, tuple[str, Labels]] = {
        name: parse_series(name, metric=own) if name else (own, ()) for name in set(cells["metric"])
    }
    problems = {}
    for row, text in enumerate(cells["value"]):
        try:
            value, unit = _value(text, sign)
        except NoNumber:
            problems[row] = mapped.rejection(
                row, quarantine.BAD_NUMBER, "value", text, "a number, or one with its unit"
            )
            continue
        metric, labels = names[cells["metric"][row]]
        declared, period, told = _declared(cells["kind"][row], cells["period_seconds"][row])
        if value is None:
            told["value"] = text
        extra = {**(mapped.extra[row] or {}), **told} if told else mapped.extra[row]
        labels, extra = _with_columns(labels, cells["service"][row], extra, source.labels)
        unit = unit or unit_name(cells["unit"][row]) or unit_of(metric)
        samples.samples.append(
            Sample(
                cells["measured_at"][row], metric, value, labels, declared, unit, period,
                mapped.records[row].line, extra, "its column",
            )
        )  # fmt: skip
    mapped.reject(problems)


def _value(text: str | None, sign: str) -> tuple[float | None, str | None]:
    """A cell's value and unit; an empty cell, or a word that says so, is none. Raises
    `NoNumber`."""
    if text is None or (len(text) < 10 and text.lower() in MISSING):
        return None, None
    return parse_value(text, sign=sign)


def _declared(
    kind: str | None, period: str | None
) -> tuple[str | None, float | None, dict[str, Any]]:
    """The kind and period that a row's own columns declare, and what of them is not understood."""
    declared = _KINDS.get(fold(kind)) if kind else None
    seconds = _seconds(period)
    rest = {"kind": kind if declared is None else None,
            "period_seconds": period if seconds is None else None}  # fmt: skip
    return declared, seconds, {name: text for name, text in rest.items() if text}


def _with_columns(
    labels: Labels, service: str | None, extra: Mapping[str, Any] | None, named: Sequence[str]
) -> tuple[Labels, dict[str, Any] | None]:
    """Labels with those that stand in columns of their own, and what is left."""
    if not extra and not service:
        return labels, None
    rest = dict(extra or {})
    wanted = {fold(name) for name in named} | _LABELS
    found = {key: rest.pop(key) for key in list(rest) if fold(key) in wanted}
    pairs = dict(labels) | {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()
    }
    if service:
        pairs["service"] = service
    return labels_of(pairs), rest or None


def _seconds(text: str | None) -> float | None:
    try:
        value, unit = parse_value(text) if text else (None, None)
    except NoNumber:
        return None
    if value is None:
        return None
    return value / 1000 if unit == "ms" else value


def _metric_of_file(delivery: Delivery) -> str:
    stem = PurePosixPath(delivery.file).name
    while PurePosixPath(stem).suffix.lower() in (".gz", ".zst", ".csv", ".tsv", ".txt", ".json",
                                                 ".jsonl", ".ndjson"):  # fmt: skip
        stem = PurePosixPath(stem).stem
    return stem or "value"
