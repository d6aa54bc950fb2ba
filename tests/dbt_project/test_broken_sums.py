"""Does a sum that no longer holds mark the numbers, pages and estimates that rest on it?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.analysis_assets import write_checks
from assets.input_checks import Faults, faults_of, input_faults
from assets.invalid_marks import Lineage, write_marks
from hub.config import HubConfig
from tests.dbt_project.conftest import PROJECT, Project

pytestmark = pytest.mark.xdist_group("dbt_project")

NOW = datetime(2025, 4, 2, 8, tzinfo=UTC)
# What nothing is computed from is for people's own questions: that a check of it fails is told by
# `run`, by `status` and on Data health, and there is no number to mark.
READ_BY_NOBODY = {"platform_request_minutes", "platform_endpoint_hours", "stg_settings"}
MODELS = {file.stem for file in (PROJECT / "models").rglob("*.sql")}


@pytest.fixture
def copy(shop: Project, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tiny shop, in which all sums hold, in a copy that a test may break."""
    shutil.copyfile(shop.warehouse, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("set TimeZone = 'UTC'")
        yield con


def failed(con: duckdb.DuckDBPyConnection, target: Path, model: str) -> list[dict[str, Any]]:
    """The invariants about a model that do not hold, asked with the SQL that dbt ran."""
    nodes = json.loads((target / "manifest.json").read_text())["nodes"].values()
    found = []
    for check in nodes:
        about = f"model.bellwether.{model}" in check["depends_on"].get("nodes", ())
        if not about or "invariant" not in check["tags"]:
            continue
        told = target / "compiled" / "bellwether" / check["original_file_path"] / check["path"]
        rows = con.execute(told.read_text()).fetchall()
        if rows:
            found.append(_failure(check, len(rows)))
    return found


def _failure(check: dict[str, Any], rows: int) -> dict[str, Any]:
    return {
        "check_name": check["name"], "model": check["attached_node"].rsplit(".", 1)[-1],
        "column_name": None, "status": "fail", "failures": rows, "severity": "warn",
        "message": None,
    }  # fmt: skip


def faults(con: duckdb.DuckDBPyConnection) -> Faults:
    sources = [{"name": "orders", "kind": "sales", "path": "orders.csv"}]
    told = {"company": "c", "time_zone": "UTC", "currency": "EUR", "sources": sources}
    return input_faults(con, config=HubConfig.model_validate(told), now=NOW)


@pytest.mark.parametrize(
    ("table", "lost", "check", "metric", "page", "estimate", "sound"),
    [
        pytest.param(
            "company.company_orders", "order_key = 'shop/1'",
            "company_revenue_days_hold_the_value_of_every_order", "average_order_value",
            "success_metrics", "metric revenue", "metric throughput", id="an order",
        ),
        pytest.param(
            "platform.platform_request_hours", "hour_start = '2025-03-28 10:00:00+00'",
            "requests_of_hours_add_up_to_days", "error_ratio",
            "service_health", "table insights.onset_series", "metric revenue", id="an hour",
        ),
        pytest.param(
            "team.team_issues", "finished_at is not null",
            "team_flow_days_holds_every_finished_issue", "throughput",
            "delivery", "table insights.delivery_forecasts", "metric revenue", id="an issue",
        ),
        pytest.param(
            "platform.platform_model_releases", "version = '2'",
            "platform_model_releases_hold_every_day_with_a_release", "ndcg_at_10",
            "what_moves_sales", "table insights.links", "metric revenue", id="a release",
        ),
        pytest.param(
            "staging.stg_experiments", "variant = 'a'",
            "read_outs_in_are_read_outs_known", None,
            "experiments", "table insights.experiments", "metric revenue", id="an arm",
        ),
    ],
)  # fmt: skip
def test_what_is_lost_marks_the_metrics_pages_and_estimates_below_it_and_no_others(
    copy: duckdb.DuckDBPyConnection, shop: Project,
    table: str, lost: str, check: str, metric: str | None, page: str, estimate: str, sound: str,
) -> None:  # fmt: skip
    copy.execute(f"delete from {table} where {lost}")
    broken = failed(copy, shop.target, table.split(".")[1])
    assert check in {each["check_name"] for each in broken}
    write_checks(copy, broken, build="b3")
    write_marks(copy, shop.target, now=NOW, build="b3")
    marks = set(copy.execute("select subject_kind, subject from meta.marks").fetchall())
    assert ("page", page) in marks
    assert metric is None or ("metric", metric) in marks
    # of what the analytics hear, the verdicts of links, changes and forecasts are made
    found = faults(copy)
    assert faults_of([estimate], found)
    assert not faults_of([sound], found)


def test_no_check_fails_without_marking_a_number_or_a_page(shop: Project) -> None:
    lineage = Lineage(shop.target)
    silent = {
        model
        for model in MODELS
        if not any(
            node["resource_type"] in ("metric", "exposure")
            or node.get("config", {}).get("meta", {}).get("aggregation") == "precomputed"
            for node in lineage.below(model)
        )
    }
    assert silent == READ_BY_NOBODY
