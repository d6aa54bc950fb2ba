"""Does a link's card say what is known, and only that?"""

from __future__ import annotations

import pandas as pd

from dashboards.link_cards import by_chance, caveats, facts, overlap, sentence, table

Frames = dict[str, pd.DataFrame]


def _link(marts: Frames, link_id: str) -> pd.Series:
    links = marts["mart_what_moves_sales"]
    return links[links["link_id"] == link_id].iloc[0]


def test_the_answer_names_the_best_link_with_money_and_interval(marts: Frames) -> None:
    said = sentence(marts["mart_what_moves_sales"])
    assert said == (
        "1 of 3 models moved revenue: ranker NDCG@10, worth 12,300 €/month [8,120 to 16,400]."
    )


def test_without_a_mover_the_answer_says_what_was_found_instead(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    said = sentence(links[links["verdict"] != "moves"])
    assert said.startswith("None of 3 models is shown to have moved revenue")
    assert "not enough data for 1" in said


def test_only_an_established_effect_is_called_its_worth(marts: Frames) -> None:
    assert facts(_link(marts, "l1"))[0][0] == "Worth"
    assert "not established" in facts(_link(marts, "l3"))[0][0]


def test_a_link_without_estimate_says_so(marts: Frames) -> None:
    said = dict(facts(_link(marts, "l2")))
    assert said["Effect"] == "no estimate"
    assert said["After"] == "not known"
    assert "no experiments" in said["Evidence"]


def test_experiments_stand_beside_the_releases(marts: Frames) -> None:
    said = dict(facts(_link(marts, "l1")))
    assert said["Evidence"] == "releases; beside it 9 experiments: moves, effect 0.9 [0.2 to 1.6]"


def test_an_interval_without_zero_that_is_no_link_is_explained(marts: Frames) -> None:
    row = _link(marts, "l4")
    assert "among 40 pairs" in by_chance(row, pairs=40)
    assert by_chance(_link(marts, "l1"), pairs=40) == ""


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
