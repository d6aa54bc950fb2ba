"""Does the audit say since when and how far lists are cut, and only then what it spoils?"""

from __future__ import annotations

import pandas as pd

from dashboards.exposure_words import (
    counts_by_rank,
    cut_sentence,
    drawn_depth,
    spoiled,
)

Frames = dict[str, pd.DataFrame]
AT_K = pd.DataFrame({"entity": ["ranker"], "metric_name": ["ndcg_at_10"], "k": [10]})
ACROSS = pd.DataFrame(
    {
        "kind": ["experiment", "experiment", "link", "link"],
        "model": ["ranker", "fraud", "ranker", "ranker"],
        "metric_name": [None, None, "ndcg_at_10", "auc"],
    }
)


def test_the_cut_is_told_with_its_day_interval_and_levels(marts: Frames) -> None:
    onsets = marts["mart_onsets"]
    told = cut_sentence("reco-api", onsets, marts["mart_service_days"])
    assert told.startswith("50.0 % of what reco-api was served was drawn on 11 Mar 2025")
    assert "since 20 Jan 2025 (95\u00a0%: between 19 Jan 2025 and 21 Jan 2025)" in told
    none = cut_sentence("reco-api", onsets.head(0), marts["mart_service_days"])
    assert none.endswith("no lasting change was found.")


def test_without_a_drawn_share_nothing_is_claimed(marts: Frames) -> None:
    days = marts["mart_service_days"].assign(rendered_ratio=float("nan"))
    assert cut_sentence("api", marts["mart_onsets"], days).startswith("0 complete days of api")


def test_the_depth_is_that_of_most_lists_and_unknown_where_nothing_tells() -> None:
    rows = pd.DataFrame(
        {"is_after": [True] * 3, "position": [1, 2, 3], "rendered_ratio": [1.0, 0.6, 0.1]}
    )
    assert drawn_depth(rows, is_after=True) == 2
    assert drawn_depth(rows, is_after=False) is None


def test_a_metric_that_needs_no_cut_position_is_not_spoiled() -> None:
    assert list(spoiled(ACROSS, AT_K, 5)["kind"]) == ["experiment", "link"]
    assert spoiled(ACROSS, AT_K, 10).empty
    assert len(spoiled(ACROSS, AT_K, None)) == 2


def test_which_metrics_count_by_rank() -> None:
    assert counts_by_rank("ndcg_at_10")
    assert not counts_by_rank("recall_at_20")
