"""Is a model's gain told as one amount, and never as parts that a reader could add up?"""

from __future__ import annotations

import re

import pandas as pd
import pytest

from dashboards import gain_words

LINK: dict[str, object] = {
    "link_id": "ndcg",
    "kpi": "revenue",
    "kpi_label": "Revenue",
    "verdict": "moves",
    "entity": "ranker",
    "metric_label": "ndcg@10",
    "n_releases": 30,
    "is_primary": True,
    "evidence_grade": "releases",
    "p_value": 0.01,
    "currency": "EUR",
    "money_month": 199_000.0,
    "money_month_low": 122_000.0,
    "money_month_high": 256_000.0,
}
RECALL = LINK | {
    "link_id": "recall",
    "metric_label": "recall@20",
    "is_primary": False,
    "p_value": 0.0001,
    "money_month": 421_000.0,
    "money_month_low": 376_900.0,
    "money_month_high": 468_000.0,
}


def test_the_measure_declared_beforehand_speaks_for_a_model_not_the_largest_amount() -> None:
    links = pd.DataFrame([RECALL, LINK, LINK | {"link_id": "search", "entity": "search"}])
    assert gain_words.headlines(links, "revenue")["link_id"].tolist() == ["ndcg", "search"]
    assert gain_words.headlines(links, "orders").empty


def test_without_a_declared_measure_the_better_evidence_speaks_then_the_smaller_p_value() -> None:
    plain = LINK | {"is_primary": False}
    better = RECALL | {"evidence_grade": "experiments", "p_value": 0.04, "money_month": 5.0}
    assert gain_words.headlines(pd.DataFrame([plain, better]), "revenue")["link_id"].tolist() == [
        "recall"
    ]
    links = pd.DataFrame([plain, RECALL])
    assert gain_words.headlines(links, "revenue")["link_id"].tolist() == ["recall"]


def test_other_measures_of_a_gain_stand_in_its_line_as_no_further_money() -> None:
    links = pd.DataFrame([LINK, RECALL])
    (row,) = [each for _, each in gain_words.headlines(links, "revenue").iterrows()]
    assert gain_words.one_gain(links, row) == (
        "All 30 releases of ranker together: 199,000 €/month [95\u00a0%: 122,000 to 256,000], by "
        "ndcg@10, chosen before looking. The same gain, measured otherwise: 421,000 €/month "
        "[95\u00a0%: 377,000 to 468,000] by recall@20; another estimate of it, not more money."
    )
    alone = gain_words.one_gain(links.head(1), row)
    assert alone.endswith("by ndcg@10, chosen before looking.")


@pytest.mark.parametrize(
    ("others", "said"),
    [([], "Seen by ndcg@10."), ([RECALL], "Seen by ndcg@10; the same gain by recall@20, too.")],
)
def test_a_gain_that_has_no_money_names_its_measures(others: list[dict], said: str) -> None:
    rows = [each | {"money_month": None, "is_primary": False} for each in (LINK, *others)]
    links = pd.DataFrame(rows)
    assert gain_words.one_gain(links, links.iloc[0]) == said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("moves it, with a gain", "It moves Revenue, with a gain."),
        ("moves it, at a loss", "It moves Revenue, at a loss."),
        ("moves it", "It moves Revenue."),
    ],
)
def test_a_verdict_names_what_moves_what(word: str, said: str) -> None:
    assert gain_words.moves("Revenue", word) == said


def test_marked_releases_are_told_with_the_one_amount_of_all_of_them() -> None:
    heads = pd.DataFrame([LINK, LINK | {"entity": "fraud", "n_releases": None}])
    said = gain_words.marked_releases(heads, 5, "Revenue")
    assert said.startswith(
        "Marked: the 5 releases with the largest gains in Revenue: each gain times the effect of "
        "all releases together, not measured by itself. All 30 releases"
    )
    one = gain_words.marked_releases(heads, 1, "Orders")
    assert one.startswith(
        "Marked: the release with the largest gain in Orders: its gain times the effect of all "
        "releases together, not measured by itself. All 30 releases"
    )
    assert "All 30 releases of ranker together: 199,000 €/month" in said
    assert "The gain of fraud: 199,000 €/month" in said
    assert len(re.findall("199,000", said)) == 2
