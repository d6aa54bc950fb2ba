"""Which metrics are there, and what exactly does one mean? Printed from the published catalogue."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import duckdb

from cli.console import fail, print_json, print_table, told_clearly
from cli.marks import invalid_metrics, warn_of
from cli.published_rows import read_rows
from hub.home import find_home
from hub.warehouse import open_published

GOOD = {"up": "more is better", "down": "less is better"}
_COLUMNS = ("metric", "label", "layer", "unit", "good", "role", "owner", "split by", "sources")
_OF_MODEL = "of the model that computes it, at every grain, maybe with others"
SHOWN_PERIODS = 12


@told_clearly
def print_metrics(name: str | None, *, home: Path | None, as_json: bool) -> int:
    """Print all metrics, or all that is known of one; returns the exit code."""
    con = open_published(find_home(home))
    try:
        failed = invalid_metrics(con)
        metrics = [
            metric | {"invalid_data": failed.get(metric["metric_name"], [])}
            for metric in read_rows(
                con, "select * from metrics.catalogue order by layer, metric_name"
            )
        ]
        if name is None:
            return _print_all(metrics, as_json=as_json)
        found = [metric for metric in metrics if metric["metric_name"] == name]
        if not found:
            names = [metric["metric_name"] for metric in metrics]
            near = difflib.get_close_matches(name, names, n=3) or sorted(names)[:8]
            return fail(f"metric `{name}` is not in the catalogue; did you mean {', '.join(near)}?")
        history = _history(con, name)
        values, moved = _values_side_by_side(con, name), _moved(con, name)
    finally:
        con.close()
    for metric in found:
        warn_of(metric["metric_name"], metric["invalid_data"])
        if as_json:
            print_json(metric | {"history": history, "values": values, "moved": moved})
        else:
            _print_one(metric, history, values, moved)
    return 0


def _print_all(metrics: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        print_json(metrics)
        return 0
    for metric in metrics:
        warn_of(metric["metric_name"], metric["invalid_data"])
    print_table(
        _COLUMNS,
        [
            [
                metric["metric_name"],
                metric["label"],
                metric["layer"],
                metric["unit"],
                metric["direction"],
                metric["role"],
                metric["owner"],
                ", ".join(json.loads(metric["segments"])),
                ", ".join(json.loads(metric["source_kinds"])),
            ]
            for metric in metrics
        ],
    )
    return 0


def _history(con: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """Every definition the metric ever had, oldest first."""
    quoted = name.replace("'", "''")
    return read_rows(
        con, f"select * from metrics.definitions where metric_name = '{quoted}' order by used_from"
    )


def _values_side_by_side(con: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """The newest periods under the definition before and the one in force."""
    quoted = name.replace("'", "''")
    return read_rows(
        con,
        f"""
        select entity, grain, period_start, value_before, value_now, unit
        from metrics.redefined_values
        where metric_name = '{quoted}' and segment_name = '__all__'
            and grain = (
                select max(grain) from metrics.redefined_values where metric_name = '{quoted}'
            )
        order by period_start desc, entity limit {SHOWN_PERIODS}
        """,
    )


def _moved(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    """Of the values known under both definitions, how many differ by more than rounding."""
    quoted = name.replace("'", "''")
    (counts,) = read_rows(
        con,
        f"""
        select count(*) as known_under_both, count(*) filter (
            abs(value_now - value_before) > 1e-12 * greatest(abs(value_now), abs(value_before))
        ) as moved
        from metrics.redefined_values
        where metric_name = '{quoted}' and value_before is not null and value_now is not null
        """,
    )
    return counts


def _print_one(
    metric: dict[str, Any],
    history: list[dict[str, Any]],
    values: list[dict[str, Any]],
    moved: dict[str, Any],
) -> None:
    print(f"{metric['metric_name']}: {metric['label']}")
    print(f"  {metric['description']}\n")
    good = GOOD.get(metric["direction"], "neither way is good by itself")
    for key, value in (
        ("layer", metric["layer"]),
        ("unit", f"{metric['unit']} ({good})"),
        ("role", metric["role"]),
        ("owner", metric["owner"]),
        ("kind", metric["aggregation"]),
        ("one series per", metric["entity_kind"]),
        ("split by", ", ".join(json.loads(metric["segments"])) or "nothing"),
        ("sources", ", ".join(json.loads(metric["source_kinds"]))),
        ("defined in", metric["defined_in"]),
    ):
        print(f"  {key + ':':16}{value}")
    is_model = metric["aggregation"] == "precomputed"
    print(f"\nSQL {_OF_MODEL if is_model else 'of its daily values'}:")
    print(metric["definition_sql"] or "(none: it does not compile)")
    if len(history) > 1:
        _print_history(history)
        _print_values(values, moved)


def _print_history(history: list[dict[str, Any]]) -> None:
    print("\nDefinitions it had:")
    print_table(
        ("used from", "definition", "unit", "defined in", "changed"),
        [
            [
                str(row["used_from"])[:16],
                row["definition_hash"],
                row["unit"],
                row["defined_in"],
                row.get("changed") or "",
            ]
            for row in history
        ],
    )


def _print_values(values: list[dict[str, Any]], moved: dict[str, Any]) -> None:
    if not values:
        return
    print(
        f"\nOf {moved['known_under_both']:,} values known under both definitions, "
        f"{moved['moved']:,} moved."
    )
    print("The newest periods, before and now:")
    print_table(
        ("period", "entity", "before", "now", "unit"),
        [
            [
                f"{row['grain']} {row['period_start']}",
                row["entity"],
                _number(row["value_before"]),
                _number(row["value_now"]),
                row["unit"],
            ]
            for row in values
        ],
        right=("before", "now"),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")
