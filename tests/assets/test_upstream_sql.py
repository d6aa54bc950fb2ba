"""Which change of the SQL above a metric is a change of its meaning, and which is none?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.metric_catalogue import read_catalogue
from assets.upstream_sql import UpstreamSql, with_upstream, written_meaning
from hub.config import HubConfig

LINES = """
{{ config(materialized='table') }}
-- what a shop sold
with lines as (
    select * from {{ source('raw', 'sales') }}
    where {{ is_sold('amount') }} and note <> 'no -- comment'
)

select * from lines
"""
IS_SOLD = (
    "{% macro is_sold(amount) -%} {{ amount }} > 0 and zone = '{{ var('time_zone') }}' "
    "{%- endmacro %}"
)
META = {
    "layer": "company", "unit": "EUR", "direction": "up", "owner": "Sales", "role": "kpi",
    "source_kinds": ["sales"],
}  # fmt: skip
SETTINGS = {"time_zone": "UTC", "currency": "EUR", "sources": ["shop"], "targets": []}


def node(kind: str, name: str, *above: str, code: str = "", **more: Any) -> dict[str, Any]:
    macros = ["macro.own.is_sold"] if "is_sold" in code else []
    base = {
        "name": name,
        "resource_type": kind,
        "package_name": "own",
        "raw_code": code,
        "config": {},
        "description": "",
        "relation_name": f"shop.{name}",
        "original_file_path": f"models/{name}.sql",
        "depends_on": {"nodes": list(above), "macros": macros},
    }
    return base | more


def project(
    target: Path, *, lines: str = LINES, is_sold: str = IS_SOLD, watermarks: str = "select 1"
) -> Path:
    """A manifest: raw sales → lines → orders → revenue, and a median precomputed of orders."""
    macro = {"package_name": "own", "macro_sql": is_sold, "depends_on": {"macros": ["macro.dbt.x"]}}
    precomputed = {"meta": META | {"aggregation": "precomputed", "metrics": [{"name": "median"}]}}
    nodes = [
        node("model", "stg_loads", code=watermarks),
        node("model", "stg_watermarks", "model.own.stg_loads", code="select 1"),
        node("model", "lines", "source.own.sales", code=lines),
        node("model", "orders", "model.own.lines", "model.own.stg_watermarks", code="select 2"),
        node("model", "medians", "model.own.orders", code="select 3", config=precomputed),
    ]
    metric = node(
        "metric", "revenue", "semantic_model.own.orders", label="Revenue", type="simple",
        type_params={}, original_file_path="m.yml", config={"meta": META},
    )  # fmt: skip
    semantic = node("semantic_model", "orders", "model.own.orders")
    manifest = {
        "nodes": {f"model.own.{each['name']}": each for each in nodes},
        "metrics": {"metric.own.revenue": metric},
        "semantic_models": {"semantic_model.own.orders": semantic},
        "macros": {"macro.own.is_sold": macro, "macro.dbt.x": macro | {"package_name": "dbt"}},
    }
    (target / "manifest.json").write_text(json.dumps(manifest))
    return target


def hashes(target: Path, settings: dict[str, Any] = SETTINGS) -> dict[str, dict[str, str]]:
    above = UpstreamSql(target, settings)
    return {each.name: above.of(each) for each in read_catalogue(target)}


def test_a_metric_rests_on_every_model_above_it(tmp_path: Path) -> None:
    found = hashes(project(tmp_path))
    zone = "hub.yml: time_zone"
    assert list(found["revenue"]) == [zone, "lines", "orders", "stg_watermarks"]
    assert list(found["median"]) == [zone, "lines", "medians", "orders", "stg_watermarks"]
    assert found["revenue"]["lines"] == found["median"]["lines"]


@pytest.mark.parametrize(
    "same",
    [
        LINES.replace("-- what a shop sold\n", "-- what the\n-- shop sold\n{# and more #}\n"),
        LINES.replace("\n    ", "\n\t\t").replace("{{ is_sold", "{{- is_sold"),
        LINES.replace("materialized='table'", "materialized='incremental', unique_key='id'"),
    ],
)
def test_comments_layout_and_how_rows_are_stored_are_no_meaning(tmp_path: Path, same: str) -> None:
    assert same != LINES
    before = hashes(project(tmp_path))
    assert hashes(project(tmp_path, lines=same)) == before


@pytest.mark.parametrize(
    "changed",
    [
        {"lines": LINES.replace("select * from lines", "select * from lines where not test")},
        {"lines": LINES.replace("no -- comment", "no -- remark")},
        {"is_sold": IS_SOLD.replace("> 0", ">= 0")},
    ],
)
def test_other_sql_far_above_or_in_a_macro_is_another_meaning(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    before = hashes(project(tmp_path))
    after = hashes(project(tmp_path, **changed))
    for name in ("revenue", "median"):
        assert after[name].pop("lines") != before[name].pop("lines")
        assert after[name] == before[name]


def test_settings_that_are_read_are_part_and_the_others_are_not(tmp_path: Path) -> None:
    before = hashes(project(tmp_path))["revenue"]
    berlin = hashes(tmp_path, SETTINGS | {"time_zone": "Europe/Berlin"})["revenue"]
    assert {name for name in before if before[name] != berlin[name]} == {"hub.yml: time_zone"}
    others = SETTINGS | {"currency": "USD", "sources": [], "targets": [1]}
    assert hashes(tmp_path, others)["revenue"] == before


def test_how_far_sources_reach_is_no_meaning(tmp_path: Path) -> None:
    before = hashes(project(tmp_path))
    assert hashes(project(tmp_path, watermarks="select 2")) == before


def test_the_hash_of_a_precomputed_metric_is_of_what_was_written_not_of_what_ran(
    tmp_path: Path,
) -> None:
    source = {"name": "shop", "kind": "sales", "path": "x"}
    config = HubConfig.model_validate(
        {"company": "A", "time_zone": "UTC", "currency": "EUR", "sources": [source]}
    )
    given = {d.name: d for d in with_upstream(read_catalogue(project(tmp_path)), tmp_path, config)}
    ran = given["median"].with_sql("select 3 where loaded_at > '2026-01-01'")
    assert ran.definition_hash == given["median"].definition_hash
    other = read_catalogue(project(tmp_path, lines=LINES + "where false"))
    changed = {d.name: d for d in with_upstream(other, tmp_path, config)}
    for name in ("median", "revenue"):
        assert changed[name].definition_hash != given[name].definition_hash


def test_what_stands_in_quotes_is_kept() -> None:
    assert written_meaning("select 'a -- b',  \"c d\" -- e") == "select'a -- b',\"c d\""
