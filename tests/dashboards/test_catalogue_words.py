"""Does the catalogue find metrics, and follow them from sources to pages?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dashboards import queries_catalogue
from dashboards.catalogue_words import (
    answer_words,
    columns_table,
    found,
    lineage,
    listed,
    models_read,
    pages_using,
    settings_table,
)
from dashboards.charts_catalogue import lineage_chart
from dashboards.tokens import LIGHT
from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import PublishedBuild

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]


def test_every_word_of_a_search_must_occur(marts: Frames) -> None:
    metrics = marts["metrics.catalogue"]
    assert list(found(metrics, "sales REVENUE")["metric_name"]) == ["revenue"]
    assert len(found(metrics, " ")) == 2
    assert found(metrics, "revenue models").empty
    assert found(metrics, "(").empty


@pytest.mark.parametrize(
    ("sql", "models"),
    [
        ('select 1 from "warehouse"."company"."company_orders" a', ["company_orders"]),
        (
            "select 1 from {{ ref('platform_x') }} join {{ ref( \"team_y\" ) }}",
            ["platform_x", "team_y"],
        ),
        ("with a as (select 1) select * from a", []),
        (None, []),
    ],
)
def test_the_tables_of_a_definition_are_read_from_its_sql(sql: str, models: list[str]) -> None:
    assert models_read(sql) == models


def test_a_metric_is_followed_from_its_source_to_its_pages(
    build: PublishedBuild, marts: Frames
) -> None:
    uses = queries_catalogue.uses(build, "revenue")
    assert pages_using(uses) == [
        "Experiments",
        "Success metrics",
        "What moves sales",
        "Link explorer",
    ]
    metric = marts["metrics.catalogue"].iloc[0]
    nodes = lineage(metric, queries_catalogue.sources(build), uses)
    assert list(nodes["stage"].drop_duplicates()) == ["source", "model", "metric", "page"]
    assert list(nodes["name"].head(3)) == ["orders", "company_revenue_days", "revenue"]


def test_a_column_of_a_page_counts_as_its_use(build: PublishedBuild) -> None:
    assert "Service health" in pages_using(queries_catalogue.uses(build, "latency_ms_p95"))
    assert pages_using(queries_catalogue.uses(build, "nowhere")) == []


def test_what_people_get_to_see_is_shown_by_the_exposure_audit_too(build: PublishedBuild) -> None:
    pages = pages_using(queries_catalogue.uses(build, "rendered_ratio"))
    assert {"Exposure audit", "Service health"} <= set(pages)
    assert "Exposure audit" in pages_using(queries_catalogue.uses(build, "viewed_ratio"))
    assert "Exposure audit" not in pages_using(queries_catalogue.uses(build, "error_ratio"))


def test_a_change_of_the_company_is_on_success_metrics_and_one_of_a_service_is_not(
    tmp_path: Path, marts: Frames, publish_marts: Publish
) -> None:
    onsets = marts["mart_onsets"].head(1)
    mine = onsets.assign(entity="company", metric_name="visits_of_ours")
    theirs = onsets.assign(metric_name="waiting_of_theirs")
    given = {**marts, "mart_onsets": pd.concat([mine, theirs])}
    build = publish_marts(HubHome(tmp_path), given, "onsets")
    assert pages_using(queries_catalogue.uses(build, "visits_of_ours")) == ["Success metrics"]
    assert pages_using(queries_catalogue.uses(build, "waiting_of_theirs")) == ["Service health"]


def test_a_source_that_delivered_nothing_is_named(build: PublishedBuild, marts: Frames) -> None:
    metric = marts["metrics.catalogue"].iloc[1]
    nodes = lineage(
        metric, marts["mart_data_health_sources"].head(0), pd.DataFrame({"mart": [], "rows": []})
    )
    assert list(nodes["about"].head(2)) == ["nothing delivered"] * 2


def test_each_node_is_joined_to_the_stage_before_and_has_its_symbol() -> None:
    nodes = pd.DataFrame(
        {
            "stage": ["source", "source", "metric", "page"],
            "name": ["a", "b", "m", "p"],
            "about": ["1 file", "2 files", "", ""],
        }
    )
    fig = lineage_chart(nodes, LIGHT)
    lines = fig.data[0]
    assert sum(x is None for x in lines.x) == 3
    assert len({trace.marker.symbol for trace in fig.data[1:]}) == 3
    assert "a (1 file)" in fig.data[1].text[0]


def test_old_and_new_values_stand_side_by_side(build: PublishedBuild) -> None:
    rows = queries_catalogue.redefined(build, "revenue")
    assert list(rows[["value_before", "value_now"]].iloc[0]) == [30000.0, 29000.0]
    assert list(queries_catalogue.definitions(build, "revenue")["definition_hash"]) == [
        "new",
        "old",
    ]


def test_the_answer_counts_metrics_sources_and_redefinitions(
    build: PublishedBuild, marts: Frames
) -> None:
    redefined = queries_catalogue.redefined_counts(build)
    sources = queries_catalogue.sources(build)
    metrics = marts["metrics.catalogue"]
    told = answer_words(metrics, sources, redefined)
    assert told.startswith("2 metrics from ")
    assert told.endswith("1 published value of 1 metric were redefined.")
    assert answer_words(metrics, sources, redefined.head(0)).endswith(
        "0 published values were redefined."
    )


def test_lists_come_as_json_or_as_lists() -> None:
    assert listed('["a"]') == listed(["a"]) == ["a"]
    assert listed(None) == []


def test_the_settings_of_a_source_are_shown_without_the_empty_ones(hub_home: HubHome) -> None:
    table = settings_table(load_config(hub_home.root).sources[0]).set_index("setting")["value"]
    assert table["fresh_within"] == "2d"
    assert "delimiter" not in table.index


def test_a_column_tells_its_type_its_field_and_in_what_share_of_rows_it_is_filled(
    build: PublishedBuild,
) -> None:
    told = queries_catalogue.source_columns(build, "orders")
    assert told is not None
    table = columns_table(told).set_index("column")
    assert list(table.index) == ["order_id", "amount", "status"]
    assert list(table["type"]) == ["text", "exact number", "text"]
    assert list(table["filled_ratio"]) == [1.0, 0.5, 0.0]
    assert list(table["field_in_hub.yml"]) == ["Order no", "", ""]
    assert "field_in_hub.yml" not in columns_table(told.assign(field=None))
