"""Is every step of a metric's way named, from files to pages, and no step that is not on it?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.metric_lineage import write_lineage
from hub.config import HubConfig


def model(name: str, folder: str, **rest: Any) -> dict[str, Any]:
    told = {"name": name, "resource_type": "model", "fqn": ["b", folder, name], "tags": []}
    about = {"description": f"One row per {name}. More.", "config": {"meta": {}}}
    return told | about | {"unique_id": f"model.b.{name}"} | rest


def source(schema: str, name: str) -> dict[str, Any]:
    return {"name": name, "resource_type": "source", "source_name": schema, "description": ""}


def page(name: str, marts: list[str], shows: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "exposure",
        "label": name.capitalize(),
        "description": "Are we on target?",
        "config": {"meta": {"shows": shows or {}}},
        "depends_on": {"nodes": [f"model.b.{mart}" for mart in marts]},
    }


MART: dict[str, Any] = {"tags": ["mart"]}
WAITS: dict[str, Any] = {
    "config": {"meta": {"aggregation": "precomputed", "metrics": [{"name": "wait"}]}}
}
PARENTS = {
    "model.b.stg_lines": ["source.b.raw.sales", "source.b.raw.loads"],
    "model.b.stg_rates": ["source.b.raw.rates"],
    "model.b.stg_issues": ["source.b.raw.jira_issues"],
    "model.b.stg_watermarks": ["model.b.stg_issues", "model.b.stg_lines"],
    "model.b.company_orders": ["model.b.stg_lines", "model.b.stg_rates"],
    "model.b.company_days": ["model.b.company_orders", "model.b.stg_watermarks"],
    "semantic_model.b.days": ["model.b.company_days"],
    "metric.b.gross": ["semantic_model.b.days"],
    "metric.b.net": ["metric.b.gross", "semantic_model.b.days"],
    "model.b.team_waits": ["model.b.stg_issues"],
    "model.b.mart_kpis": ["source.b.metrics.observations"],
    "model.b.mart_changes": ["source.b.insights.onsets"],
    "model.b.mart_waits": ["model.b.team_waits"],
    "model.b.mart_other_waits": ["model.b.company_days"],
    "model.b.mart_parts": ["source.b.metrics.observations"],
    "model.b.mart_tests": ["source.b.insights.onsets"],
}
MODELS = [
    *(model(name, "staging") for name in ("stg_lines", "stg_rates", "stg_issues")),
    model("stg_watermarks", "staging"),
    *(model(name, "company") for name in ("company_orders", "company_days")),
    model("team_waits", "team", **WAITS),
    *(model(f"mart_{name}", "marts", **MART) for name in ("kpis", "changes", "waits")),
    model("mart_other_waits", "marts", **MART),
    model("mart_tests", "marts", **MART),
    model("mart_parts", "marts", tags=["mart"], config={"meta": {"holds": ["net"]}}),
]
MANIFEST: dict[str, Any] = {
    "nodes": {each["unique_id"]: each for each in MODELS},
    "metrics": {
        f"metric.b.{name}": {"name": name, "resource_type": "metric", "label": name.capitalize()}
        for name in ("gross", "net")
    },
    "sources": {
        f"source.b.{schema}.{name}": source(schema, name)
        for schema, name in (
            ("raw", "sales"), ("raw", "loads"), ("raw", "rates"), ("raw", "jira_issues"),
            ("metrics", "observations"), ("insights", "onsets"),
        )
    },
    "exposures": {
        "a": page("success", ["mart_kpis", "mart_changes"], {"mart_changes": {"layer": "company"}}),
        "b": page("flow", ["mart_waits", "mart_changes"], {"mart_changes": {"names": ["wait"]}}),
        "c": page("catalogue", ["mart_kpis"]),
        "d": page("parts", ["mart_parts", "mart_other_waits", "mart_tests"]),
    },
    "parent_map": PARENTS,
    "child_map": {
        parent: [child for child, parents in PARENTS.items() if parent in parents]
        for parent in {each for parents in PARENTS.values() for each in parents}
    },
}  # fmt: skip
TABLES = """
create schema marts;
create table marts.mart_kpis as select 'net' as metric_name;
create table marts.mart_changes as select unnest(['net', 'wait']) as metric_name;
create table marts.mart_waits as select 1.5 as wait;
create table marts.mart_other_waits as select 1.5 as wait;
create table marts.mart_parts as select 'another' as kpi;
create table marts.mart_tests as select 'net' as metric, 'ndcg' as offline_metric;
create table marts.mart_data_health_sources as
    select unnest(['shop', 'tracker']) as source, unnest(['sales', 'jira']) as kind, 2 as files;
insert into meta.source_columns by name
    select unnest(['shop', 'tracker']) as source, unnest(['sales', 'jira_issues']) as table_name,
        1 as rows, 1 as filled;
insert into metrics.catalogue by name
    select 'net' as metric_name, 'Net' as label, 'company' as layer,
        '["sales", "rates"]' as source_kinds
    union all
    select 'wait', 'Wait', 'team', '["jira"]';
"""

Way = dict[str, tuple[str, str, list[str]]]


@pytest.fixture
def ways(
    tmp_path: Path,
    analysis_con: duckdb.DuckDBPyConnection,
    shop_config: Callable[..., HubConfig],
) -> Callable[[str], Way]:
    """The steps of a metric's way, by name (a second one of a name with its stage)."""
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    analysis_con.execute(TABLES)
    config = shop_config("shop", "sales", "exports/sales/*.csv")
    for _ in range(2):
        rows = write_lineage(analysis_con, tmp_path, config)
    assert rows == len(analysis_con.execute("select * from metrics.lineage").fetchall())

    def way(metric: str) -> Way:
        found = analysis_con.execute(
            "select name, stage, about, reads from metrics.lineage where metric_name = ? "
            "order by place",
            [metric],
        ).fetchall()
        return {name: (stage, about, json.loads(reads)) for name, stage, about, reads in found}

    return way


def test_every_step_from_file_to_page_is_named_in_order(ways: Callable[[str], Way]) -> None:
    assert [(stage, name) for name, (stage, *_) in ways("net").items()] == [
        ("file", "shop"),
        ("file", "rates"),
        ("raw", "raw.sales"),
        ("raw", "raw.rates"),
        ("staging", "stg_lines"),
        ("staging", "stg_rates"),
        ("staging", "stg_watermarks"),
        ("layer", "company_orders"),
        ("layer", "company_days"),
        ("metric", "gross"),
        ("metric", "net"),
        ("mart", "mart_changes"),
        ("mart", "mart_kpis"),
        ("mart", "mart_parts"),
        ("page", "Parts"),
        ("page", "Success"),
    ]


def test_each_step_names_what_it_reads_and_says_what_it_is(ways: Callable[[str], Way]) -> None:
    way = ways("net")
    assert way["shop"][1] == "sales, 2 files: exports/sales/*.csv"
    assert way["rates"][1] == way["raw.rates"][1] == "nothing delivered"
    assert way["raw.sales"][1:] == ("as delivered", ["shop"])
    assert way["company_orders"][1:] == (
        "One row per company_orders", ["stg_lines", "stg_rates"]
    )  # fmt: skip
    # the semantic layer's model is passed through; the hub's own records are left out
    assert way["net"][1:] == ("Net", ["gross", "company_days"])
    assert way["stg_lines"][2] == ["raw.sales"]
    assert way["mart_kpis"][2] == ["net"]
    assert way["Success"][1:] == ("Are we on target?", ["mart_changes", "mart_kpis"])


def test_what_only_asks_how_far_sources_reach_does_not_bring_all_sources_in(
    ways: Callable[[str], Way],
) -> None:
    assert ways("net")["stg_watermarks"][2] == []
    assert "tracker" not in ways("net")


def test_a_metric_that_a_model_holds_leads_to_tables_with_its_column_and_only_below_it(
    ways: Callable[[str], Way],
) -> None:
    way = ways("wait")
    assert way["wait"] == ("metric", "Wait", ["team_waits"])
    assert way["tracker"][1] == "jira, 2 files: no longer in hub.yml"
    # it holds a column of that name, but is not made of the metric's model
    assert "mart_other_waits" not in way
    assert way["mart_waits"][2] == ["team_waits"]
    assert [name for name, (stage, *_) in way.items() if stage == "page"] == ["Flow"]
