"""Does the catalogue find metrics, and follow them from sources to pages?"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from dashboards import queries_catalogue
from dashboards.catalogue_words import (
    STEPS,
    answer_words,
    columns_table,
    found,
    listed,
    named_in,
    settings_table,
    way_table,
    way_words,
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


def test_the_way_of_a_metric_is_told_step_by_step(build: PublishedBuild) -> None:
    way = queries_catalogue.lineage(build, "revenue")
    assert way is not None
    assert [line.replace("\\", "") for line in way_words(way)] == [
        "**1 Files:** orders (sales, 1 file: exports/sales/*.csv)",
        "**2 Raw tables:** raw.sales",
        "**3 Staging models:** stg_sales_lines",
        "**4 Models of the layers:** company_orders and company_revenue_days",
        "**5 Metric:** revenue (Revenue)",
        "**6 Tables of pages:** mart_success_metrics and mart_what_moves_sales",
        "**7 Pages:** Success metrics and What moves sales",
    ]
    assert named_in(way, "page") == ["Success metrics", "What moves sales"]


def test_a_step_that_a_metric_does_not_pass_and_a_source_without_files_are_said(
    build: PublishedBuild,
) -> None:
    way = queries_catalogue.lineage(build, "ndcg_at_10")
    assert way is not None
    lines = way_words(way)
    assert lines[0].endswith("mlflow (nothing delivered)")
    assert lines[2] == "**3 Staging models:** none"
    assert lines[6] == "**7 Pages:** none"


def test_what_a_model_reads_is_told_in_words() -> None:
    way = pd.DataFrame(
        {
            "stage": ["file", "mart"],
            "name": ["orders", "mart_a"],
            "about": ["sales, 1 file", "of days"],
            "reads": ["[]", '["revenue", "orders"]'],
            "level": [0, 1],
        }
    )
    assert way_table(way).to_dict("list") == {
        "step": [STEPS["file"], STEPS["mart"]],
        "name": ["orders", "mart_a"],
        "about": ["sales, 1 file", "of days"],
        "reads": ["", "revenue and orders"],
    }


def test_each_step_stands_further_right_and_is_joined_to_what_it_reads(
    build: PublishedBuild,
) -> None:
    way = queries_catalogue.lineage(build, "revenue")
    assert way is not None
    fig = lineage_chart(way, LIGHT)
    lines, *steps = fig.data
    ends = [(lines.y[at], lines.y[at + 2]) for at in range(0, len(lines.y), 4)]
    # orders -> raw.sales -> stg -> two models, of which one reads the other -> revenue -> pages
    assert ends == [
        (0, 1), (1, 2), (2, 3), (2, 4), (3, 4), (4, 5), (5, 6), (5, 7), (6, 8), (7, 9)
    ]  # fmt: skip
    assert [step.name for step in steps] == [
        f"{number} {label}" for number, label in enumerate(STEPS.values(), start=1)
    ]
    assert len({step.marker.symbol for step in steps}) == len(STEPS)
    at = [step.x[0] for step in steps]
    assert at == sorted(at)
    assert steps[3].x[1] > steps[3].x[0]


def test_the_nearer_of_two_nodes_of_one_name_is_read() -> None:
    way = pd.DataFrame(
        [
            ("file", "incidents", "", "[]"),
            ("raw", "raw.incidents", "", '["incidents"]'),
            ("metric", "incidents", "", '["raw.incidents"]'),
            ("page", "Service health", "", '["incidents"]'),
        ],
        columns=["stage", "name", "about", "reads"],
    )
    lines = lineage_chart(way, LIGHT).data[0]
    assert [(lines.y[at], lines.y[at + 2]) for at in (0, 4, 8)] == [(0, 1), (1, 2), (2, 3)]


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
    assert told.endswith("1 published value of 1 metric was redefined.")
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
