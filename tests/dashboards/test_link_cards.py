"""Does a link's card say what is known, and only that?"""

from __future__ import annotations

import pandas as pd

from dashboards.link_cards import (
    against_clause,
    basis,
    caveats,
    disagreement,
    disagreements,
    evidence,
    facts,
    fading,
    more_needed,
    overlap,
    release_sentence,
    rests_on,
    sentence,
    table,
    trend_sentence,
)

Frames = dict[str, pd.DataFrame]


def _link(marts: Frames, link_id: str) -> pd.Series:
    links = marts["mart_what_moves_sales"]
    return links[links["link_id"] == link_id].iloc[0]


def test_the_answer_names_the_best_link_with_money_and_interval(marts: Frames) -> None:
    said = sentence(marts["mart_what_moves_sales"])
    assert said == (
        "1 of 3 models moved revenue: ranker NDCG@10, worth 12,300 €/month "
        "[95\u00a0%: 8,120 to 16,400]."
    )


def test_without_a_mover_the_answer_says_what_was_found_instead(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    said = sentence(links[links["verdict"] != "moves"])
    assert said.startswith("None of 3 models is shown to have moved revenue")
    assert "not enough data for 1" in said


def test_a_link_against_its_metrics_gain_is_no_gain_of_a_model(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    both = links.assign(verdict=["moves", "confounded", "moves", "no evidence"])
    both["effect"] = [1.1, None, -0.19, 1.1]
    said = sentence(both)
    assert said == (
        "1 of 3 models moved revenue: ranker NDCG@10, worth 12,300 €/month "
        "[95\u00a0%: 8,120 to 16,400]; 1 more goes the wrong way (the KPI got worse where the "
        "metric got better): search MRR on holdout → Revenue."
    )
    alone = both[both["entity"] == "search"]
    assert sentence(alone) == (
        "search is not shown to have moved revenue by its gain: "
        "moves it, against its gain for 1 of 1 link."
    )
    more = pd.concat([alone.assign(link_id=name, metric_label=name) for name in "abcd"])
    assert against_clause(more) == (
        "; 4 more go the wrong way (the KPI got worse where the metric got better): "
        "search a on holdout → Revenue, search b on holdout → Revenue, search c on holdout → "
        "Revenue and 1 more"
    )
    assert against_clause(more.head(0)) == ""
    assert facts(alone.iloc[0])[0][0] == "In money, while the metric went the other way"
    assert "moves it, against its gain" in set(table(both)["in words"])
    same_model = links.assign(verdict="moves", effect=[1.1, float("nan"), 1.1, -0.2])
    assert overlap(same_model) == ""


def test_a_chosen_verdict_is_counted_and_makes_no_none(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    every = links[links["kpi"] == "revenue"]
    open_ones = every[every["verdict"] == "not enough data"]
    assert sentence(open_ones, among=every) == (
        "1 of 4 links to revenue has the verdict “not enough data”."
    )
    moved = sentence(every[every["verdict"] == "moves"], among=every)
    assert moved.startswith("1 of 4 links to revenue has the verdict “moves”, first ranker NDCG@10")
    wrong = every.assign(verdict="moves", effect=-0.2)
    assert sentence(wrong, among=wrong).startswith(
        "4 of 4 links to revenue have the verdict “moves”; 4 of them go the wrong way (the KPI got "
    )


def test_links_of_several_kpis_are_not_told_as_those_of_the_first(marts: Frames) -> None:
    first = marts["mart_what_moves_sales"].head(1)
    names = ("Revenue", "Orders", "Units", "Customers", "Net revenue")
    links = pd.concat([first.assign(kpi=name, kpi_label=name) for name in names])
    of = "revenue, orders, units and 2 more KPIs"
    best = "ranker NDCG@10 on holdout → Revenue, worth 12,300 €/month"
    assert sentence(links).startswith(f"ranker moved at least one of {of}: {best}")
    assert sentence(links, among=links).startswith(f"5 of 5 links to {of} have the verdict")


def test_a_verdict_rests_on_what_gave_it_and_the_rest_is_beside_it(marts: Frames) -> None:
    row = _link(marts, "l1")
    span = "12 releases, 430 days, 1 Jan 2024 to 12 Mar 2025"
    assert basis(row) == span
    assert rests_on(row) == f"{span}; looked at besides, without a say: 9 experiments"
    tested = pd.Series({**row, "evidence_grade": "experiments"})
    assert basis(tested) == "9 experiments"
    assert dict(facts(tested))["Rests on"] == (
        f"9 experiments; looked at besides, without a say: {span}"
    )
    alone = pd.Series({**row, "n_experiments": 0, "n_releases": None, "evidence_grade": "series"})
    assert rests_on(alone) == "430 days, 1 Jan 2024 to 12 Mar 2025"


def test_only_an_established_effect_is_called_its_worth(marts: Frames) -> None:
    assert facts(_link(marts, "l1"))[0][0].startswith("Worth, all")
    assert "not established" in facts(_link(marts, "l3"))[0][0]


def test_a_link_without_estimate_says_so(marts: Frames) -> None:
    said = dict(facts(_link(marts, "l2")))
    assert said["Effect"] == "no estimate"
    assert said["After"] == "not known"
    assert said["Verdict by"].startswith("releases.")


def test_every_grade_of_evidence_says_its_own(marts: Frames) -> None:
    rows = marts["mart_link_evidence"]
    experiments, releases = evidence(rows[rows["link_id"] == "l1"])
    assert experiments == (
        "experiments: not enough data; effect 0.9 [95\u00a0%: 0.2 to 1.6]; "
        "12,300 €/month [95\u00a0%: 8,120 to 16,400]; 9 experiments"
    )
    assert releases.startswith("releases (gives the verdict): moves")


def test_disagreement_and_fading_are_said_in_words(marts: Frames) -> None:
    assert disagreements(_link(marts, "l3")) == [
        "The experiments say 'moves', the releases 'confounded'."
    ]
    assert "fades" in fading(_link(marts, "l3"))
    assert disagreements(_link(marts, "l1")) == []
    assert fading(_link(marts, "l1")) == ""


def test_single_releases_are_said_to_need_large_effects(marts: Frames) -> None:
    said = release_sentence(marts["mart_release_impacts"])
    assert said.startswith("0 of 1 model release stand out")
    assert "about 8 % of the KPI" in said
    several = pd.concat([marts["mart_release_impacts"]] * 2, ignore_index=True)
    several["smallest_detectable_effect"] = [0.04, 0.08]
    told = release_sentence(several)
    assert "only from 4 % (the best known one) to 8 % of the KPI on" in told
    assert "at least 6 are needed" in trend_sentence(marts["mart_link_gain_trends"])


def test_interval_and_test_that_disagree_are_said_to(marts: Frames) -> None:
    row = _link(marts, "l4").copy()
    row["p_value"] = 0.2
    assert "go by the verdict" in disagreement(row)
    assert disagreement(_link(marts, "l1")) == ""


def test_a_pair_that_passes_only_alone_is_not_said_to_need_nothing_more(marts: Frames) -> None:
    row = _link(marts, "l4").copy()
    row["more_needed"] = "The link is shown."
    assert more_needed(row) == ""
    row["p_value"] = 0.2
    assert more_needed(row) == "The link is shown."


def test_two_metrics_of_one_model_are_not_to_be_added_up(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    assert overlap(links) == ""
    both = links.assign(verdict=["moves", "confounded", "confounded", "moves"])
    assert "metrics of ranker" in overlap(both)


def test_caveats_are_read_from_json_or_lists(marts: Frames) -> None:
    row = _link(marts, "l1")
    assert caveats(row) == ["A caveat with a $ sign and *stars*."]
    assert caveats({"caveats": None}) == []


def test_the_table_has_a_row_for_every_link(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    assert len(table(links)) == len(links)
