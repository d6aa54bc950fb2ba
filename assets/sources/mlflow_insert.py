"""How do runs that were read become rows, many at a time?"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from assets.sources.metric_names import MetricNames
from assets.sources.mlflow_store import (
    MetricPoint,
    StoredRun,
    experiment_name,
    run_id_of,
    status_of,
    time_of,
)
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

_KNOWN = frozenset({
    "run_id", "run_uuid", "experiment_id", "run_name", "name", "status", "start_time", "end_time",
})  # fmt: skip


def insert_runs(
    con: duckdb.DuckDBPyConnection,
    runs: Sequence[tuple[Delivery, StoredRun]],
    context: Context,
) -> None:
    """Append runs of a file store, each with its own load."""
    names: dict[Any, str | None] = {}
    rows: list[dict[str, Any]] = []
    kept = [(delivery, run, run.meta) for delivery, run in runs if run.meta is not None]
    for delivery, run, meta in kept:
        folder = delivery.path.parent
        if folder not in names:
            names[folder] = experiment_name(folder)
        rows.append(_run_row(delivery, run, meta, names[folder]))
    insert_run_rows(
        con, rows, runs[0][0], context,
        extra=[{str(k): v for k, v in meta.items() if k not in _KNOWN and v} for *_, meta in kept],
        files=[f"{delivery.file}/meta.yaml" for delivery, *_ in kept],
        loads=[delivery.load_id for delivery, *_ in kept],
    )  # fmt: skip
    points = [(run_id_of(run.meta or {}, d.path), d, p) for d, run in runs for p in run.metrics]
    insert_points(
        con, [(run_id, point) for run_id, _, point in points], runs[0][0], context,
        files=[f"{delivery.file}/{point[1]}" for _, delivery, point in points],
        loads=[delivery.load_id for _, delivery, _ in points],
    )  # fmt: skip


def _run_row(
    delivery: Delivery, run: StoredRun, meta: Mapping[str, Any], experiment: str | None
) -> dict[str, Any]:
    name = meta.get("run_name") or meta.get("name") or run.tags.get("mlflow.runName")
    return {
        "run_id": run_id_of(meta, delivery.path),
        "experiment_id": str(meta.get("experiment_id", delivery.path.parent.name)),
        "experiment_name": experiment,
        "run_name": str(name) if name else None,
        "status": status_of(meta),
        "started_at": time_of(meta, "start_time"),
        "ended_at": time_of(meta, "end_time"),
        "params": run.params,
        "tags": run.tags,
    }


def insert_run_rows(
    con: duckdb.DuckDBPyConnection,
    rows: Sequence[Mapping[str, Any]],
    delivery: Delivery,
    context: Context,
    *,
    lines: Sequence[int | None] | None = None,
    extra: Sequence[dict[str, Any] | None] | None = None,
    files: Sequence[str] | None = None,
    loads: Sequence[str] | None = None,
) -> None:
    """Append rows of raw.mlflow_runs; `params` and `tags` are mappings."""
    if not rows:
        return
    columns = {name: [row.get(name) for row in rows] for name in rows[0]}
    for name in ("params", "tags"):
        columns[name] = [json.dumps(row.get(name) or {}, ensure_ascii=False) for row in rows]
    insert_rows(
        con, "mlflow_runs", columns, delivery, context, lines=lines or [None] * len(rows),
        extra=extra or [None] * len(rows), files=files, loads=loads,
    )  # fmt: skip


def insert_points(
    con: duckdb.DuckDBPyConnection,
    points: Sequence[tuple[str, MetricPoint]],
    delivery: Delivery,
    context: Context,
    *,
    files: Sequence[str] | None = None,
    loads: Sequence[str] | None = None,
) -> None:
    """Append points of metrics, each with its run's id."""
    names = MetricNames(context.source.metric_names)
    insert_rows(
        con,
        "mlflow_metrics",
        {
            "run_id": [run_id for run_id, _ in points],
            "metric_key": [point[0] for _, point in points],
            "value": [point[3] for _, point in points],
            "step": [point[4] for _, point in points],
            "logged_at": [point[5] for _, point in points],
            "is_finite": [math.isfinite(point[3]) for _, point in points],
            "metric_name": [names.of(point[0]) for _, point in points],
        },
        delivery,
        context,
        lines=[point[2] for _, point in points],
        extra=[None] * len(points),
        files=files,
        loads=loads,
    )


def run_outcome(delivery: Delivery, run: StoredRun, form: str) -> Outcome:
    """What became of one run's folder."""
    meta = run.meta or {}
    times = known_times(
        [*(point[5] for point in run.metrics), time_of(meta, "start_time"),
         time_of(meta, "end_time")]
    )  # fmt: skip
    return Outcome(
        run.loaded + len(run.rejected) + run.blank, run.loaded, run.blank, run.rejected, form,
        {"run_id": run_id_of(meta, delivery.path), "status": status_of(meta)},
        min(times, default=None), max(times, default=None),
    )  # fmt: skip


def known_times(times: Iterable[datetime | None]) -> list[datetime]:
    return [when for when in times if when is not None]
