"""Does the explorer answer with a number first, and say what each kind of evidence lacks?"""

from __future__ import annotations

import pandas as pd

from dashboards.explorer_words import (
    answer_words,
    diagnostics,
    evidence_words,
    metric_address,
    metric_names,
    metrics_by_address,
)

Frames = dict[str, pd.DataFrame]


def test_the_answer_begins_with_its_number_and_says_if_it_is_established(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"].set_index("link_id", drop=False)
    told = answer_words(links.loc["l1"])
    assert told.startswith("12,300 €/month [95\u00a0%: 8,120 to 16,400]. ▲ moves it")
    tested = links.loc["l1"].to_dict() | {"evidence_grade": "experiments"}
    assert answer_words(tested).endswith(", from 9 experiments.")
    assert "not established. ⇄ confounded" in answer_words(links.loc["l3"])
    assert answer_words(links.loc["l2"].to_dict() | {"effect": None}).startswith("0 estimates")


def test_money_of_a_link_against_its_gain_is_never_called_its_worth(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"].set_index("link_id", drop=False)
    against = links.loc["l1"].to_dict() | {"metric_direction": "down", "kpi_direction": "up"}
    told = answer_words(against)
    assert told.startswith(
        "12,300 €/month [95\u00a0%: 8,120 to 16,400], while the metric went the other way. ⇅ moves "
        "it, against its gain (the KPI got worse where the metric got better): ranker NDCG@10"
    )
    evidence = marts["mart_link_evidence"]
    rows = evidence[evidence["link_id"] == "l1"]
    cards = dict(evidence_words(rows, metric_direction="down", kpi_direction="up"))
    amount = "12,300 €/month [95\u00a0%: 8,120 to 16,400]"
    assert f"In money, while the metric went the other way: {amount}" in cards["Releases"]
    assert f"Best guess, not established: {amount}" in cards["Experiments"]
    assert not [line for lines in cards.values() for line in lines if line.startswith("Worth")]
    assert f"Worth: {amount}" in dict(evidence_words(rows))["Releases"]


def test_every_grade_is_told_also_where_there_is_none(marts: Frames) -> None:
    evidence = marts["mart_link_evidence"]
    told = dict(evidence_words(evidence[evidence["link_id"] == "l1"]))
    assert list(told) == ["Experiments", "Releases", "Series"]
    assert told["Releases"][0] == "▲ moves it, with a gain (gives the verdict)"
    assert "Rests on: 9 experiments" in told["Experiments"]
    assert told["Series"] == ["None for this pair."]
    against = evidence_words(
        evidence[evidence["link_id"] == "l1"], metric_direction="down", kpi_direction="up"
    )
    assert dict(against)["Releases"][0] == "⇅ moves it, against its gain (gives the verdict)"


def test_a_metric_on_several_data_sets_is_told_apart(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    assert metric_address(links.iloc[0], links) == "ranker/ndcg_at_10"
    both = pd.concat([links, links.head(1).assign(dataset="other")])
    assert metric_address(both.iloc[0], both) == "ranker/ndcg_at_10 on holdout"
    known = pd.DataFrame(
        [{"metric_name": "mrr_at_5", "label": "MRR@5", "entity": None, "dataset": None}]
    )
    words = metric_names(metrics_by_address(both, known))
    label = str(links["metric_label"].iloc[0])
    assert words["ranker/ndcg_at_10 on holdout"] == f"ranker {label} on holdout"
    assert words["mrr_at_5"] == "MRR@5"


def test_diagnostics_hold_the_placebos_and_how_much_more_data(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"].set_index("link_id", drop=False)
    table = diagnostics(links.loc["l1"]).set_index("what")["value"]
    assert table["p, lead placebo"] == "0.400"
    assert table["p, KPI before the releases"] == "0.500"
    assert table["how much more data"] == "About 8 more releases."
    assert table["the same in money"] == "4,100 €/month"


def test_what_was_tested_of_the_days_is_among_the_diagnostics(marts: Frames) -> None:
    row = marts["mart_what_moves_sales"].iloc[0]
    note = marts["mart_link_notes"].iloc[0]
    table = diagnostics(row, note).set_index("what")["value"]
    assert table["plain regression"] == "1.9 [95\u00a0%: 1.8 to 2]"
    assert table["p, a step before each release"] == "0.310"
    assert "0.80 as it is, −0.02 whitened" in set(table)
    older = note.drop([name for name in note.index if "naive" in name])
    assert "plain regression" not in set(diagnostics(row, older)["what"])
