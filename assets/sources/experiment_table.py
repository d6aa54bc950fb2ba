"""How are experiments read that come as sums over each variant's users, once or day by day?

- a row per experiment, variant and metric; with `as_of` or `elapsed_days` there is one a snapshot;
- a row per pair of control and treatment (`count_c`, `count_t`, `mean_c`, …), each pair an
  experiment of its own.

Snapshots hold everything since the start: the last one counts, and they are never added up. Where
users become fewer from one to the next they are no such snapshots, and the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

import duckdb

from assets.sources.csv_table import CsvTable
from assets.sources.mapped_table import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TIME,
    MappedTable,
    TableSettings,
    Wanted,
    load_mapped,
    map_table,
)
from assets.sources.reading import Context, Delivery, Outcome, insert_rows

AGGREGATES = (
    Wanted("experiment", headers=("experiment_id",), is_required=True, is_filled=True),
    Wanted("model"),
    Wanted("variant", headers=("variant_id", "arm", "group"), is_required=True, is_filled=True),
    Wanted("is_control", BOOLEAN, ("control",)),
    Wanted("started_at", TIME, ("start",)),
    Wanted("ended_at", TIME, ("end",)),
    Wanted("metric", headers=("metric_id",), is_required=True, is_filled=True),
    Wanted("users", INTEGER, ("n",), is_required=True, is_filled=True),
    Wanted("expected_share", NUMBER),
    Wanted("conversions", INTEGER),
    Wanted("value_sum", NUMBER),
    Wanted("value_sum_squares", NUMBER),
    Wanted("offline_metric"),
    Wanted("offline_delta", NUMBER),
    Wanted("offline_se", NUMBER),
    Wanted("elapsed_days", NUMBER, ("time_since_start", "days_since_start")),
    Wanted("as_of", TIME, ("snapshot", "snapshot_at", "snapshot_date")),
)
PAIRS = (
    *AGGREGATES[:2],
    AGGREGATES[2],
    AGGREGATES[6],
    Wanted("elapsed_days", NUMBER, ("time_since_start", "days_since_start"), True, True),
    Wanted("count_c", INTEGER, is_required=True, is_filled=True),
    Wanted("count_t", INTEGER, is_required=True, is_filled=True),
    Wanted("mean_c", NUMBER, is_required=True, is_filled=True),
    Wanted("mean_t", NUMBER, is_required=True, is_filled=True),
    Wanted("variance_c", NUMBER),
    Wanted("variance_t", NUMBER),
)
CONTROL = "control"
CONTROL_WORDS = (CONTROL, "baseline", "holdout", "off", "a")


def is_pairs(table: CsvTable) -> bool:
    """Whether each row holds a control and a treatment."""
    return all(table.places(name) for name in ("count_c", "count_t", "mean_c", "mean_t"))


def control_of(experiment: str, source: Any) -> str | None:
    """The control variant that hub.yml names for an experiment."""
    named: Mapping[str, str] = source.control
    return named.get(experiment, named.get("*"))


def started_at(experiment: str, context: Context) -> datetime | None:
    """The local midnight of the first day that hub.yml names for an experiment."""
    days = context.source.started_on
    day = days.get(experiment, days.get("*"))
    return None if day is None else datetime.combine(day, time(), context.zone)


def read_aggregates(
    con: duckdb.DuckDBPyConnection, table: CsvTable, delivery: Delivery, context: Context
) -> Outcome:
    """Load a row a variant and metric (and snapshot). See `reading.Reader`."""
    settings = TableSettings(columns=context.source.columns)
    mapped = map_table(table, delivery, context, _wanted(context), settings)
    columns = mapped.columns
    if columns:
        _complete(mapped, context)
        _check_growth(mapped, delivery, context)
        columns.pop("as_of")
    return load_mapped(
        con, "experiments", mapped, delivery, context, times=("started_at", "ended_at")
    )


def _wanted(context: Context) -> tuple[Wanted, ...]:
    """Control and start are needed unless hub.yml tells them."""
    told = {"is_control": context.source.control, "started_at": context.source.started_on}
    return tuple(
        Wanted(w.name, w.type, w.headers, True, True) if w.name in told and not told[w.name] else w
        for w in AGGREGATES
    )


def _complete(mapped: MappedTable, context: Context) -> None:
    columns = mapped.columns
    for row, experiment in enumerate(columns["experiment"]):
        if columns["is_control"][row] is None and (name := control_of(experiment, context.source)):
            columns["is_control"][row] = columns["variant"][row] == name
        if columns["started_at"][row] is None:
            columns["started_at"][row] = started_at(experiment, context)
        if columns["model"][row] is None:
            columns["model"][row] = context.source.model
        start, as_of = columns["started_at"][row], columns["as_of"][row]
        if columns["elapsed_days"][row] is None and start and as_of:
            columns["elapsed_days"][row] = (as_of - start) / timedelta(days=1)


def _check_growth(mapped: MappedTable, delivery: Delivery, context: Context) -> None:
    """Snapshots of sums never shrink."""
    columns = mapped.columns
    series: dict[tuple[str, str, str], list[tuple[float, int, int | None]]] = {}
    for row, elapsed in enumerate(columns["elapsed_days"]):
        if elapsed is not None:
            key = columns["experiment"][row], columns["variant"][row], columns["metric"][row]
            line = mapped.records[row].line
            series.setdefault(key, []).append((elapsed, columns["users"][row], line))
    for (experiment, variant, metric), points in series.items():
        points.sort(key=lambda point: point[0])
        for (_, before, _), (_, users, at_line) in pairwise(points):
            if users < before:
                raise context.refuse(
                    delivery.file,
                    line=at_line,
                    column="users",
                    found=f"{users:,} users of {experiment}/{variant} ({metric}), where an earlier "
                    f"snapshot had {before:,}",
                    expected="snapshots of all users since the start, which never become fewer",
                    remedy="Export sums since the start, or rows of users; users of single days "
                    "cannot be added up.",
                )
    if series:
        mapped.detected["snapshots"] = max(len(points) for points in series.values())


def read_pairs(
    con: duckdb.DuckDBPyConnection, table: CsvTable, delivery: Delivery, context: Context
) -> Outcome:
    """Load a row a pair, metric and snapshot: two rows each. See `reading.Reader`."""
    settings = TableSettings(columns=context.source.columns)
    mapped = map_table(table, delivery, context, PAIRS, settings)
    rows = [row for number in range(len(mapped.records)) for row in _sides(mapped, number, context)]
    lines = [line for line in mapped.lines for _ in range(2)]
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
    extra = [{"experiment": name} for name in mapped.columns.get("experiment", []) for _ in "ct"]
    insert_rows(con, "experiments", columns, delivery, context, lines=lines, extra=extra)
    loaded = len(mapped.records)
    pairs = {row["experiment"] for row in rows}
    detected = {
        **mapped.detected,
        "experiments": len(set(mapped.columns.get("experiment", []))),
        "pairs": len(pairs),
        "notes": ["the last snapshot of each pair counts; an even split is assumed"],
    }
    starts = [row["started_at"] for row in rows if row["started_at"]]
    ends = [row["ended_at"] for row in rows if row["ended_at"]]
    return Outcome(
        loaded + len(mapped.rejected) + table.blank, loaded, table.blank, mapped.rejected,
        "snapshots_of_pairs", detected, min(starts, default=None), max(ends, default=None),
    )  # fmt: skip


def _sides(mapped: MappedTable, row: int, context: Context) -> Iterator[dict[str, Any]]:
    cells = {name: column[row] for name, column in mapped.columns.items()}
    start = started_at(cells["experiment"], context)
    elapsed = cells["elapsed_days"]
    for side, variant in (("c", CONTROL), ("t", cells["variant"])):
        count, mean, variance = (cells[f"{part}_{side}"] for part in ("count", "mean", "variance"))
        squares = None if variance is None else variance * (count - 1) + count * mean * mean
        yield {
            "experiment": f"{cells['experiment']}/{cells['variant']}",
            "model": cells["model"] or context.source.model,
            "variant": variant,
            "is_control": side == "c",
            "started_at": start,
            "ended_at": start + timedelta(days=elapsed) if start else None,
            "metric": cells["metric"],
            "users": count,
            "value_sum": mean * count,
            "value_sum_squares": squares,
            "elapsed_days": elapsed,
        }
