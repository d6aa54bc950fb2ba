"""Are served, drawn and seen positions counted as they were, before a day and since?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboards import queries_exposure
from hub.home import HubHome
from hub.warehouse import PublishedBuild
from tests.dashboards.generated_explorer import CUT_ON

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]


def test_positions_are_told_apart_by_the_day(build: PublishedBuild) -> None:
    rows = queries_exposure.exposure_positions(build, "home", CUT_ON).set_index(
        ["is_after", "position"]
    )
    assert rows.loc[(False, 10), "rendered_ratio"] == 1.0
    assert rows.loc[(True, 10), "rendered_ratio"] == 0.0
    assert rows.loc[(True, 1), "viewed_ratio"] == 0.5
    assert rows["served"].sum() == 4 * 10 * 11


def test_positions_of_a_surface_are_told_by_release(build: PublishedBuild) -> None:
    assert queries_exposure.exposure_components(build, "home") == ["ranker"]
    rows = queries_exposure.exposure_releases(build, "home", "ranker")
    assert rows["served"].sum() == 4 * 10 * 11
    assert set(rows["version"]) == {"1.0"}
    assert list(rows["position"]) == list(range(1, 11))
    assert rows["rendered_ratio"].iloc[9] == pytest.approx(5 / 11)
    assert set(rows["since"]) == {CUT_ON - pd.Timedelta(days=5)}
    assert queries_exposure.exposure_components(build, "elsewhere") == []
    assert queries_exposure.exposure_releases(build, "home", "nobody").empty


def test_the_part_of_ndcg_that_is_drawn_follows_the_ranks(build: PublishedBuild) -> None:
    weights = 1 / np.log2(np.arange(1, 11) + 1)
    found = queries_exposure.exposure_weight(build, "home", CUT_ON, 10, by_rank=True).iloc[0]
    assert found["served"] == pytest.approx(1.0)
    assert found["rendered"] == pytest.approx(weights[:5].sum() / weights.sum())
    assert found["viewed"] == pytest.approx(0.5 * weights[:5].sum() / weights.sum())


def test_a_metric_that_counts_more_than_is_served_is_not_whole(build: PublishedBuild) -> None:
    found = queries_exposure.exposure_weight(build, "home", CUT_ON, 20, by_rank=False).iloc[0]
    assert found["served"] == pytest.approx(0.5)
    assert found["rendered"] == pytest.approx(0.25)


def test_what_no_record_tells_stays_unknown(
    tmp_path: Path, marts: Frames, publish_marts: Publish
) -> None:
    silent = marts["mart_exposure_positions"].assign(viewed=None, served_where_viewed=0)
    frames = {"mart_exposure_positions": silent.astype({"viewed": "Int64"})}
    build = publish_marts(HubHome(tmp_path), frames, "silent")
    found = queries_exposure.exposure_weight(build, "home", CUT_ON, 10, by_rank=True).iloc[0]
    assert pd.isna(found["viewed"])
    assert not pd.isna(found["rendered"])


def test_k_is_read_from_the_metrics_name(build: PublishedBuild) -> None:
    rows = queries_exposure.metrics_at_k(build)
    assert list(rows[["entity", "metric_name", "k"]].itertuples(index=False, name=None)) == [
        ("ranker", "ndcg_at_10", 10)
    ]


def test_only_what_lies_across_the_change_is_listed(build: PublishedBuild) -> None:
    low, high = CUT_ON - pd.Timedelta(days=1), CUT_ON + pd.Timedelta(days=1)
    kinds = set(queries_exposure.comparisons_across(build, low, high)["kind"])
    assert "link" in kinds
    assert "experiment" not in kinds
    start = pd.Timestamp("2024-01-02")
    assert "experiment" in set(queries_exposure.comparisons_across(build, start, start)["kind"])
