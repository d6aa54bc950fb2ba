"""How are metrics in JSON read? Prometheus' query answers and CloudWatch's metric data.

A pair of time and value is a record. A series that stands alone on a line is read too, so that
what was set aside can be read again by itself.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from assets.sources import quarantine
from assets.sources.date_forms import parse_date
from assets.sources.epoch_times import epoch_time, epoch_unit
from assets.sources.json_records import JsonRecord
from assets.sources.metric_samples import Sample, Samples, is_number, labels_of
from assets.sources.metric_values import unit_name, unit_of
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery

_STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
PROMETHEUS, METRIC_DATA, STATISTICS = (
    "prometheus_query", "cloudwatch_metric_data", "cloudwatch_statistics",
)  # fmt: skip


def form_of(value: Mapping[str, Any]) -> str | None:
    """Which of the forms an object is; None for none."""
    data = value.get("data")
    if isinstance(data, dict) and "result" in data and "resultType" in data:
        return PROMETHEUS
    if isinstance(value.get("metric"), dict) and ("values" in value or "value" in value):
        return PROMETHEUS
    if value.get("status") == "error" and "errorType" in value:
        return PROMETHEUS
    if "MetricDataResults" in value or {"Timestamps", "Values"} <= set(value):
        return METRIC_DATA
    return STATISTICS if "Datapoints" in value else None


def read_documents(
    records: Sequence[JsonRecord], form: str, delivery: Delivery, context: Context
) -> Samples:
    """The samples of the documents of a file. Raises `SourceError`."""
    found = Samples(form)
    for record in records:
        if form_of(record.value) != form:
            found.rejected.append(
                Rejected(record.line, quarantine.BAD_VALUE, None, "another object",
                         f"{form.replace('_', ' ')}", record.raw)
            )  # fmt: skip
        elif form == PROMETHEUS:
            _prometheus(found, record, delivery, context)
        elif form == METRIC_DATA:
            _metric_data(found, record)
        else:
            _statistics(found, record, context)
    return found


def _prometheus(found: Samples, record: JsonRecord, delivery: Delivery, context: Context) -> None:
    answer = record.value
    if answer.get("status") == "error":
        raise context.refuse(
            delivery.file, line=record.line,
            found=f"an answer that is an error: {str(answer.get('error'))[:200]}",
            expected="the answer of a query that succeeded",
            remedy="Correct the query and export again.",
        )  # fmt: skip
    data = answer.get("data")
    results = data.get("result") if isinstance(data, dict) else [answer]
    if isinstance(data, dict) and data.get("resultType") in ("scalar", "string"):
        results = [{"metric": {}, "value": results}]
    if answer.get("warnings"):
        found.detected["warnings"] = answer["warnings"]
    for series in results if isinstance(results, list) else [results]:
        if not isinstance(series, dict) or not isinstance(series.get("metric"), dict):
            _reject(found, record, None, series, "a series with its labels")
            continue
        _series(found, record, series, context)


def _series(
    found: Samples, record: JsonRecord, series: Mapping[str, Any], context: Context
) -> None:
    labels = dict(series["metric"])
    name = str(labels.pop("__name__", "") or context.source.metric or "value")
    values = series.get("values", [series["value"]] if "value" in series else [])
    pairs = values if isinstance(values, list) else [values]
    for pair in pairs:
        when, value, text = _pair(pair)
        if when is None or text is None:
            column = "measured_at" if when is None else "value"
            _reject(found, record, column, {"metric": series["metric"], "values": [pair]},
                    "[seconds since 1970, \"number\"]", pair)  # fmt: skip
            continue
        extra = None if value is not None else {"value": text}
        found.samples.append(
            Sample(when, name, value, labels_of(labels), None, unit_of(name), None, record.line,
                   extra)
        )  # fmt: skip
    for pair in series.get("histograms", []) if isinstance(series.get("histograms"), list) else []:
        _reject(
            found, record, "histograms", {"metric": series["metric"], "histograms": [pair]},
            "classic buckets: query `_bucket`, `_count` or a quantile", pair,
        )  # fmt: skip


def _pair(pair: Any) -> tuple[datetime | None, float | None, str | None]:
    """Time, value and the value's text; None for what cannot be read."""
    if not isinstance(pair, list) or len(pair) != 2:
        return None, None, None
    return _time(pair[0]), *_number(pair[1])


def _time(value: Any) -> datetime | None:
    """An instant: counted since 1970 or written; a written one without offset is UTC."""
    if is_number(value):
        unit = epoch_unit(value)
        return epoch_time(value, unit) if unit else None
    when = parse_date(value, order="dmy") if isinstance(value, str) else None
    if when is None:
        return None
    try:
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _number(value: Any) -> tuple[float | None, str | None]:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None, None
    if isinstance(value, str) and "_" in value:
        return None, None
    return (number if math.isfinite(number) else None), str(value)


def _metric_data(found: Samples, record: JsonRecord) -> None:
    results = record.value.get("MetricDataResults", [record.value])
    for result in results if isinstance(results, list) else [results]:
        times = result.get("Timestamps") if isinstance(result, dict) else None
        values = result.get("Values") if isinstance(result, dict) else None
        if not isinstance(times, list) or not isinstance(values, list):
            _reject(found, record, None, result, "lists of Timestamps and Values")
            continue
        name = str(result.get("Label") or result.get("Id") or "value")
        if result.get("StatusCode") == "PartialData":
            found.detected["partial"] = "CloudWatch answered a part: ask for the next page"
        for place in range(max(len(times), len(values))):
            at = times[place] if place < len(times) else None
            value = values[place] if place < len(values) else None
            alone = {**result, "Timestamps": [at], "Values": [value]}
            _keep(found, record, alone, at, value, name, {}, None, None)


def _statistics(found: Samples, record: JsonRecord, context: Context) -> None:
    answer = record.value
    name = str(answer.get("Label") or context.source.metric or "value")
    points = answer.get("Datapoints")
    if not isinstance(points, list):
        _reject(found, record, "Datapoints", answer, "a list of Datapoints")
        return
    period = answer.get("Period")
    seconds = float(period) if isinstance(period, int | float) and period else None
    for point in points:
        told = list(_values_of(point)) if isinstance(point, dict) else []
        if not told:
            alone = {"Label": name, "Datapoints": [point]}
            _reject(found, record, "Datapoints", alone, "a Timestamp and a statistic", point)
        for statistic, value in told:
            alone = {"Label": name, "Datapoints": [_alone(point, statistic, value)]}
            kind = "delta" if statistic in ("Sum", "SampleCount") else "gauge"
            unit = unit_name(str(point["Unit"])) if point.get("Unit") else None
            _keep(found, record, alone, point.get("Timestamp"), value, name,
                  {"statistic": statistic}, kind, unit, seconds)  # fmt: skip


def _values_of(point: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for statistic in _STATISTICS:
        if statistic in point:
            yield statistic, point[statistic]
    extended = point.get("ExtendedStatistics")
    if isinstance(extended, dict):
        yield from ((str(name), value) for name, value in extended.items())


def _alone(point: Mapping[str, Any], statistic: str, value: Any) -> dict[str, Any]:
    rest = {key: point[key] for key in ("Timestamp", "Unit") if key in point}
    is_plain = statistic in _STATISTICS
    return rest | ({statistic: value} if is_plain else {"ExtendedStatistics": {statistic: value}})


def _keep(
    found: Samples,
    record: JsonRecord,
    alone: Any,
    at: Any,
    value: Any,
    name: str,
    labels: Mapping[str, str],
    kind: str | None,
    unit: str | None,
    period: float | None = None,
) -> None:
    when = _time(at)
    number, text = _number(value)
    if when is None or text is None:
        column, cell = ("Timestamp", at) if when is None else ("value", value)
        _reject(found, record, column, alone, "a time and a number", cell)
        return
    extra = None if number is not None else {"value": text}
    found.samples.append(
        Sample(when, name, number, labels_of(labels), kind, unit or unit_of(name), period,
               record.line, extra, "its statistic")
    )  # fmt: skip


def _reject(
    found: Samples, record: JsonRecord, column: str | None, alone: Any, expected: str,
    cell: Any = None,
) -> None:  # fmt: skip
    """Set a sample aside as a document of its own."""
    reason = {
        "measured_at": quarantine.BAD_TIMESTAMP, "Timestamp": quarantine.BAD_TIMESTAMP,
        "value": quarantine.BAD_NUMBER,
    }.get(column or "", quarantine.BAD_VALUE)  # fmt: skip
    shown = json.dumps(cell, ensure_ascii=False)[:200] if cell is not None else None
    text = json.dumps(alone, ensure_ascii=False)
    found.rejected.append(Rejected(record.line, reason, column, shown, expected, text))
