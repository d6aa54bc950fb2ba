"""What is one sample of a service's metric, and how do samples reach the raw table?

A sample is a record: what a file holds is counted in samples, whether they stand a line each, a
cell each or a pair each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from assets.sources.metric_kinds import Evidence, decide_kind
from assets.sources.quarantine import Rejected, readable
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

Labels = tuple[tuple[str, str], ...]
MOST_TOLD = 50
_SERVICE_LABELS = (
    "service", "service_name", "service.name", "app", "application", "app_kubernetes_io_name",
    "job", "LoadBalancer", "AutoScalingGroupName", "FunctionName", "DBInstanceIdentifier",
    "InstanceId", "server_zone", "upstream",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one series at one time. `kind` and `unit` are what the file declares."""

    measured_at: datetime
    metric: str
    value: float | None
    labels: Labels = ()
    kind: str | None = None
    unit: str | None = None
    period_seconds: float | None = None
    line: int | None = None
    extra: Mapping[str, Any] | None = None
    told_by: str = "the file"


@dataclass
class Samples:
    """What a file holds; `detected` is shown by `check`."""

    form: str
    samples: list[Sample] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    blank: int = 0
    detected: dict[str, Any] = field(default_factory=dict)
    resume: tuple[int | None, int | None] = (None, None)


def labels_of(pairs: Mapping[str, Any]) -> Labels:
    """Labels in the order of their names, without empty ones (an empty label is none)."""
    return tuple(sorted((str(k), readable(str(v))) for k, v in pairs.items() if str(v)))


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that a double can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def load_samples(
    con: duckdb.DuckDBPyConnection, found: Samples, delivery: Delivery, context: Context
) -> Outcome:
    """Append the samples with their kinds decided. See `reading.Reader`."""
    rows, source = found.samples, context.source
    evidence = _kinds(rows, context, delivery)
    different = {row.labels for row in rows}
    services = {pairs: service_of(pairs) for pairs in different}
    labels = {pairs: json.dumps(dict(pairs), ensure_ascii=False) for pairs in different}
    columns: dict[str, list[Any]] = {
        "measured_at": [row.measured_at for row in rows],
        "service": [source.service or services[row.labels] for row in rows],
        "metric": [readable(row.metric) for row in rows],
        "value": [row.value for row in rows],
        "unit": [source.unit or row.unit for row in rows],
        "kind": [_kind(row, evidence[row.metric], source.metric_kinds) for row in rows],
        "labels": [labels[row.labels] for row in rows],
        "period_seconds": [row.period_seconds for row in rows],
    }
    loaded = insert_rows(
        con, "service_metrics", columns, delivery, context,
        lines=[row.line for row in rows],
        extra=[dict(row.extra) if row.extra else None for row in rows],
    )  # fmt: skip
    told = {
        name: {"kind": e.kind, "told_by": e.told_by}
        for name, e in sorted(evidence.items())[:MOST_TOLD]
    }
    detected = {**found.detected, "series": len({(row.metric, row.labels) for row in rows})}
    detected |= {"metrics": len(evidence), "kinds": told}
    times = columns["measured_at"]
    return Outcome(
        loaded + len(found.rejected) + found.blank, loaded, found.blank, found.rejected,
        found.form, detected, min(times, default=None), max(times, default=None), *found.resume,
    )  # fmt: skip


def _kind(row: Sample, evidence: Evidence, given: Mapping[str, str]) -> str:
    """The kind that is given, declared with the sample itself, or decided for its metric."""
    return given.get(row.metric) or row.kind or evidence.kind


def service_of(labels: Labels) -> str | None:
    """The service that a series' labels name."""
    named = dict(labels)
    return next((named[name] for name in _SERVICE_LABELS if named.get(name)), None)


def _kinds(rows: Sequence[Sample], context: Context, delivery: Delivery) -> dict[str, Evidence]:
    """The kind of every metric: what hub.yml says, what was told before, else by evidence."""
    earlier = (delivery.before or context.earlier).get("kinds", {})
    is_tail = delivery.before is not None
    series: dict[str, dict[Labels, list[Sample]]] = {}
    for row in rows:
        series.setdefault(row.metric, {}).setdefault(row.labels, []).append(row)
    decided: dict[str, Evidence] = {}
    for metric, by_labels in series.items():
        if given := context.source.metric_kinds.get(metric):
            decided[metric] = Evidence(given, "hub.yml")
            continue
        first = next(iter(by_labels.values()))[0]
        if first.kind:
            decided[metric] = Evidence(first.kind, first.told_by)
            continue
        values = [
            [s.value for s in sorted(samples, key=lambda s: s.measured_at) if s.value is not None]
            for samples in by_labels.values()
        ]
        found = decide_kind(metric, first.unit, values)
        before = earlier.get(metric)
        if before and (is_tail or not found.is_certain):
            found = Evidence(before["kind"], "earlier files")
        decided[metric] = found
    return decided
