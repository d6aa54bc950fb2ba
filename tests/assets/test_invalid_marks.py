"""Is exactly what rests on a failed check marked, since it fails, and unmarked once it holds?"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from analytics.delivery_forecast import DeliveryForecast
from assets.analysis_assets import complete_marks, write_checks
from assets.dbt_runs import read_checks
from assets.experiment_insights import withheld_by
from assets.forecast_insights import _delivery_forecast
from assets.input_checks import faults_of, input_faults
from assets.invalid_marks import write_marks
from assets.onset_faults import without_invalid
from hub.config import HubConfig

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
CHECK = {"check_name": "lines_add_up", "column_name": None, "failures": 3, "severity": "warn",
         "message": "Got 3 results"}  # fmt: skip


def node(name: str, kind: str = "model", **rest: Any) -> dict[str, Any]:
    told = {"name": name, "resource_type": kind, "tags": [], "config": {"meta": {}}}
    return told | {"unique_id": f"{kind}.b.{name}"} | rest


def page(name: str, marts: list[str], **shown: Any) -> dict[str, Any]:
    reads = {"nodes": [f"model.b.{mart}" for mart in marts]}
    return node(name, "exposure", label=name, depends_on=reads, config={"meta": {"shows": shown}})


MART: dict[str, Any] = {"tags": ["mart"]}
OFFLINE: dict[str, Any] = {
    "config": {"meta": {"aggregation": "precomputed", "metrics": [{"name": "*"}]}},
    "relation_name": "main.offline_values",
}
MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.b.lines": node("lines"),
        "model.b.orders": node("orders"),
        "model.b.releases": node("releases"),
        "model.b.loads": node("loads"),
        "model.b.days": node("days", time_spine={"standard_granularity_column": "day"}),
        "model.b.offline_values": node("offline_values", **OFFLINE),
        "model.b.mart_kpis": node("mart_kpis", **MART),
        "model.b.mart_links": node("mart_links", **MART),
        "model.b.mart_calendar": node("mart_calendar", **MART),
        "model.b.mart_changes": node("mart_changes", **MART),
        "model.b.mart_tests": node("mart_tests", **MART),
        "model.b.mart_parts": node(
            "mart_parts", tags=["mart"], config={"meta": {"holds": ["product_revenue"]}}
        ),
        "test.b.lines_add_up": node(
            "lines_add_up", "test", tags=["invariant"], attached_node="model.b.lines",
            config={"severity": "warn"}, column_name=None, depends_on={"nodes": ["model.b.lines"]},
        ),
        "test.b.hint": node(
            "hint", "test", attached_node="model.b.lines", config={"severity": "warn"},
            column_name=None, depends_on={"nodes": ["model.b.lines"]},
        ),
    },
    "metrics": {f"metric.b.{name}": node(name, "metric") for name in ("revenue", "aov")},
    "sources": {
        "source.b.insights.links": node(
            "links", "source", source_name="insights", config={"meta": {"reads": ["releases"]}}
        )
    },
    "exposures": {
        "exposure.b.success": page("success", ["mart_kpis"]),
        "exposure.b.moves": page("moves", ["mart_links"]),
        "exposure.b.changes": page("changes", ["mart_changes"], mart_changes={"layer": "company"}),
        "exposure.b.services": page(
            "services", ["mart_changes"], mart_changes={"layer": "platform"}
        ),
        "exposure.b.tests": page("tests", ["mart_tests"]),
        "exposure.b.parts": page("parts", ["mart_parts"]),
        "exposure.b.data_health": page("data_health", ["mart_kpis"]),
    },
    "parent_map": {},
    "child_map": {
        "model.b.lines": ["model.b.orders", "test.b.lines_add_up"],
        "model.b.orders": ["semantic_model.b.orders"],
        "model.b.loads": ["model.b.days"],
        "semantic_model.b.orders": ["metric.b.revenue"],
        "metric.b.revenue": ["metric.b.aov"],
        "model.b.releases": ["model.b.offline_values"],
        "source.b.insights.links": ["model.b.mart_links"],
        "model.b.mart_kpis": ["exposure.b.success"],
        "model.b.mart_links": ["exposure.b.moves"],
    },
}  # fmt: skip


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


@pytest.fixture
def con(analysis_con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    analysis_con.execute(
        "create schema raw; create schema marts;"
        "create table raw.loads (source varchar, status varchar, last_at timestamptz);"
        "create table main.offline_values as select 'ndcg@10' as metric_name;"
        "create table marts.mart_kpis as select 'aov' as metric_name;"
        "create table marts.mart_calendar as select 'x' as name;"
        "create table marts.mart_changes as select 'revenue' as metric_name;"
        "create table marts.mart_parts as select 'revenue' as kpi;"
        "create table marts.mart_tests as select 'aov' as metric, 'ndcg@10' as offline_metric;"
        "insert into metrics.catalogue by name "
        "select unnest(['aov', 'revenue']) as metric_name, 'company' as layer;"
        "create table marts.mart_data_health_checks as "
        "select * exclude (build_id) from meta.checks"
    )
    return analysis_con


def marked(con: duckdb.DuckDBPyConnection, kind: str) -> list[str]:
    rows = con.execute(
        "select subject from meta.marks where subject_kind = ? order by 1", [kind]
    ).fetchall()
    return [name for (name,) in rows]


def observe(
    con: duckdb.DuckDBPyConnection, target: Path, *, model: str, status: str, now: datetime = NOW
) -> int:
    check = {"check_name": CHECK["check_name"], "model": model} | CHECK | {"status": status}
    order = ("check_name", "model", "column_name", "status", "failures", "severity", "message")
    write_checks(con, [{key: check[key] for key in order}], build="b")
    return write_marks(con, target, now=now, build="b")


def test_metrics_and_pages_below_a_failed_check_are_marked_and_others_are_not(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    assert observe(con, target, model="lines", status="fail") > 0
    assert marked(con, "metric") == ["aov", "revenue"]
    assert marked(con, "page") == ["changes", "success"]
    assert marked(con, "table") == []


def test_a_page_is_not_marked_for_a_name_without_the_number(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    """Rows it does not show, tables about data, a short name, what experiments count themselves."""
    observe(con, target, model="lines", status="fail")
    assert not {"services", "data_health", "parts", "tests"} & set(marked(con, "page"))


def test_a_read_out_rests_on_the_model_metric_it_is_compared_with(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    observe(con, target, model="offline_values", status="fail")
    assert marked(con, "page") == ["tests"]


def test_what_the_analytics_read_themselves_is_followed_to_their_tables_and_pages(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    observe(con, target, model="releases", status="fail")
    assert marked(con, "metric") == ["ndcg@10"]
    assert marked(con, "table") == ["insights.links", "mart_links"]
    assert marked(con, "page") == ["moves", "tests"]


def test_every_metric_of_the_semantic_layer_rests_on_the_days_it_is_computed_on(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    observe(con, target, model="days", status="fail")
    assert marked(con, "metric") == ["aov", "revenue"]
    assert marked(con, "page") == ["changes", "success"]
    # a record that is lost does not make the days wrong
    observe(con, target, model="loads", status="fail")
    assert marked(con, "metric") == []


def test_a_mark_says_since_when_and_goes_once_the_check_holds(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    observe(con, target, model="lines", status="fail")
    observe(con, target, model="lines", status="fail", now=LATER)
    assert con.execute("select distinct since, failures from meta.marks").fetchall() == [(NOW, 3)]
    assert observe(con, target, model="lines", status="pass", now=LATER) == 0
    assert con.execute("select * from meta.marks").fetchall() == []
    observe(con, target, model="lines", status="fail", now=LATER)
    assert con.execute("select distinct since from meta.marks").fetchall() == [(LATER,)]


def test_an_invariant_that_dbt_only_warns_of_has_failed_and_a_hint_has_not(target: Path) -> None:
    results = [
        {"unique_id": f"test.b.{name}", "status": "warn", "failures": 2, "message": "m"}
        for name in ("lines_add_up", "hint")
    ]
    (target / "run_results.json").write_text(json.dumps({"results": results}))
    assert [(c["check_name"], c["status"]) for c in read_checks(target)] == [
        ("lines_add_up", "fail"),
        ("hint", "warn"),
    ]


def test_a_failed_check_of_a_pages_table_marks_that_table_and_stands_among_the_checks(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    late = {"check_name": "mart_is_sound", "model": "mart_links", "column_name": None,
            "status": "fail", "failures": 1, "severity": "warn", "message": None}  # fmt: skip
    complete_marks(con, target, [late], now=NOW, build="b")
    assert marked(con, "table") == ["mart_links"]
    assert marked(con, "page") == ["moves"]
    told = con.execute("select check_name, status from marts.mart_data_health_checks").fetchall()
    assert told == [("mart_is_sound", "fail")]


def faults_after(con: duckdb.DuckDBPyConnection, target: Path, model: str) -> Any:
    observe(con, target, model=model, status="fail")
    told = {"company": "c", "time_zone": "UTC", "currency": "EUR"}
    sources = [{"name": "orders", "kind": "sales", "path": "orders.csv"}]
    config = HubConfig.model_validate(told | {"sources": sources})
    return input_faults(con, config=config, now=NOW)


def test_the_analytics_hear_of_it_in_a_sentence_with_check_and_model(
    con: duckdb.DuckDBPyConnection, target: Path
) -> None:
    faults = faults_after(con, target, "lines")
    assert faults_of(["sales", "metric revenue"], faults) == (
        "The check lines_add_up fails on lines (3 rows)."
    )
    assert faults_of(["metric ndcg@10", "table insights.links"], faults) == ""


def test_no_change_is_told_of_a_series_at_fault() -> None:
    row = {"metric_name": "revenue", "layer": "company", "verdict": "changed", "n_changes": 1,
           "is_going_on": True, "verdict_reason": "It rose."}  # fmt: skip
    series = [row | {"series_id": "revenue"}, row | {"series_id": "u", "metric_name": "units"}]
    onsets = [{"series_id": name, "is_confirmed": True} for name in ("revenue", "u")]
    told, changes = without_invalid(series, onsets, {"metric revenue": ["it is broken"]})
    assert [(one["verdict"], one["n_changes"]) for one in told] == [
        ("invalid data", 0),
        ("changed", 1),
    ]
    assert told[0]["verdict_reason"].startswith("It is broken.")
    assert [one["is_confirmed"] for one in changes] == [False, True]


def test_read_outs_are_withheld_without_their_figures() -> None:
    frame = pd.DataFrame([{"status": "read out", "lift": 0.1, "verdict": "moves"}])
    (row,) = withheld_by(frame, {"table insights.experiments": ["it is broken"]}).to_dict("records")
    assert (row["status"], row["verdict"], row["lift"]) == ("withheld", "invalid data", None)
    assert row["withheld_reason"] == "It is broken."
    assert withheld_by(frame, {}).equals(frame)


def test_no_delivery_is_forecast_from_what_is_at_fault() -> None:
    weeks = pd.date_range("2026-01-05", periods=12, freq="7D")
    throughput = pd.Series([3.0] * 12, weeks)
    rng = np.random.default_rng(1)
    told: DeliveryForecast = _delivery_forecast(throughput, "Invalid data: x.", rng=rng, weeks=4)
    assert told.reason == "Invalid data: x."
    assert set(told.at.values()) == {None}
    assert math.isnan(told.items_per_week)
