"""Over twenty shops: what moves revenue is found, what does not is not said to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.experiments import ExperimentLink, experiment_link, read_out
from analytics.link import link
from analytics.vocabulary import Verdict
from demo.experiment_files import _variants, experiments
from demo.shop import ShopPlan, simulate
from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline.shop_builds import (
    SEEDS_THROUGH_FILES,
    bellwether,
    bellwether_here,
    build_shop,
)

pytestmark = pytest.mark.pipeline

SEEDS_IN_MEMORY = range(1, 20)
PAIRS = {
    "recommender": "ndcg_at_10",
    "fraud": "auc",
    "search_ranker": "ndcg_at_10",
}
TRUE_ELASTICITY = 1.2
TRUE_LAG_DAYS = 5


def verdicts_in_memory(seed: int) -> dict[str, str]:
    """The link engine on a simulated shop, without files."""
    shop = simulate(ShopPlan.small(seed))
    days = pd.DatetimeIndex(pd.to_datetime(shop.daily["day"]))
    revenue = pd.Series(shop.daily["revenue"].to_numpy(float), index=days)
    complete = shop.daily["is_complete"].to_numpy(bool)
    calendar = shop.calendar_frame().set_axis(days, axis=0)
    return {
        model: str(
            link(
                pd.Series(shop.metric_series(model).to_numpy(float), index=days)[complete],
                revenue[complete],
                calendar=calendar[complete],
                releases=released_on(shop.releases, model),
                rng=np.random.default_rng(seed),
            ).verdict
        )
        for model in PAIRS
    }


def released_on(releases: pd.DataFrame, model: str) -> pd.DatetimeIndex:
    """The local days on which a model went live."""
    at = pd.to_datetime(releases.loc[releases["model"] == model, "released_at"], utc=True)
    return pd.DatetimeIndex(at.dt.tz_convert("Europe/Berlin").dt.tz_localize(None).dt.normalize())


@pytest.fixture(scope="module")
def found_again(shop: HubHome) -> dict[str, Any]:
    """What a run in which nothing is new prints as JSON: the findings of the build."""
    told = bellwether("run", "--json", "--home", str(shop.root))
    assert told.code == 0, told.err
    answer: dict[str, Any] = told.json
    return answer


def verdicts_through_files(home: HubHome) -> dict[str, str]:
    """What the published build of a shop says, asked on the command line."""
    return {
        model: bellwether_here(
            "link", f"{model}/{metric}", "revenue", "--json", "--home", str(home.root)
        ).json[0]["verdict"]
        for model, metric in PAIRS.items()
    }


def test_truths_are_found_over_twenty_shops(
    shops: Path, record_property: Callable[[str, object], None]
) -> None:
    counts: dict[str, Counter[str]] = {model: Counter() for model in PAIRS}
    found = [verdicts_in_memory(seed) for seed in SEEDS_IN_MEMORY]
    found.append(verdicts_through_files(build_shop(shops, SEEDS_THROUGH_FILES[0])))
    for verdicts in found:
        for model, verdict in verdicts.items():
            counts[model][verdict] += 1
    told = [f"{len(found)} shops, 1 of them through the pipeline:"]
    told += [f"  {m} {PAIRS[m]} → revenue: {dict(counted)}" for m, counted in counts.items()]
    record_property("figures", "\n".join(told))
    assert len(found) == 20
    assert counts["recommender"][Verdict.MOVES] >= 14
    assert counts["fraud"][Verdict.MOVES] <= 3
    assert counts["search_ranker"][Verdict.MOVES] <= 3


@pytest.mark.long
def test_another_shop_through_files_says_what_it_says_in_memory(shops: Path) -> None:
    seed = SEEDS_THROUGH_FILES[1]
    assert verdicts_through_files(build_shop(shops, seed)) == verdicts_in_memory(seed)


def test_the_card_of_the_true_link_is_right(shop: HubHome) -> None:
    told = bellwether_here(
        "link", "recommender/ndcg_at_10", "revenue", "--json", "--home", str(shop.root)
    )
    card = told.json[0]
    assert card["verdict"] == "moves"
    assert card["effect_low"] <= TRUE_ELASTICITY <= card["effect_high"]
    assert abs(card["lag_days"] - TRUE_LAG_DAYS) <= 2
    assert card["money_month_low"] < card["money_month"] < card["money_month_high"]
    assert card["smallest_detectable_effect"] > 0


def test_every_verdict_carries_what_a_reader_needs(found_again: dict[str, Any]) -> None:
    links = found_again["links"]
    vocabulary = {str(verdict) for verdict in Verdict}
    assert len(links) > 20
    for card in links:
        assert card["verdict"] in vocabulary
        assert card["verdict_reason"]
        assert card["method"]
        assert isinstance(json.loads(card["caveats"]), list)
        assert card["inputs_build_id"]
        if card["verdict"] == "moves":
            by_experiments = card["evidence_grade"] == "experiments"
            assert (card["p_value"] if by_experiments else card["q_value"]) < 0.05
            assert card["effect_low"] <= card["effect"] <= card["effect_high"]
        if card["verdict"] == "not enough data":
            assert card["more_needed"]


def test_experiments_and_releases_stand_side_by_side_and_agree(shop: HubHome) -> None:
    told = bellwether_here(
        "link", "recommender/ndcg_at_10", "revenue", "--json", "--home", str(shop.root)
    )
    card = told.json[0]
    experiments, releases = card["evidence"]
    assert (experiments["grade"], releases["grade"]) == ("experiments", "releases")
    assert card["evidence_grade"] == "experiments"
    assert card["effect"] == experiments["effect"]
    assert experiments["effect_low"] <= TRUE_ELASTICITY <= experiments["effect_high"]
    assert releases["effect_low"] <= TRUE_ELASTICITY <= releases["effect_high"]
    assert not any("do not fit" in text for text in card["disagreements"])
    assert any("Winners only" in caveat for caveat in card["caveats"])


def test_the_published_log_changes_are_those_the_published_line_goes_through(
    shop: HubHome,
) -> None:
    with open_published(shop) as con:
        rows = con.execute(
            "select * from marts.mart_experiments "
            "where status = 'read out' and offline_metric = 'ndcg_at_10' and metric = 'revenue'"
        ).df()
        ((effect, effect_unit),) = con.execute(
            "select effect, effect_unit from marts.mart_experiment_links "
            "where offline_metric = 'ndcg_at_10' and metric = 'revenue'"
        ).fetchall()
    logs = {"offline_log_change": "offline_delta", "offline_log_change_se": "offline_se"}
    again = experiment_link(
        rows.drop(columns=list(logs.values())).rename(columns=logs), log_gains=True
    )
    assert (again.effect, again.effect_unit) == (pytest.approx(effect), effect_unit)


def experiments_in_memory(seed: int) -> ExperimentLink:
    """The joined experiments of a simulated shop, without files on the way."""
    shop = simulate(ShopPlan.small(seed))
    rng = shop.plan.rng("experiments/outcomes")
    rows = [row for test in experiments(shop) for row in _variants(rng, test)]
    table = pd.DataFrame(rows)
    table["is_control"] = table["is_control"] == "true"
    read = pd.DataFrame([vars(one) for one in read_out(table) if one.status == "read out"])
    level = read["experiment"].map({one.name: one.offline_level for one in experiments(shop)})
    after = level + read["offline_delta"]
    logs = {"offline_delta": np.log(after / level), "offline_se": read["offline_se"] / after}
    return experiment_link(read.assign(**logs), log_gains=True)


def test_experiments_find_the_elasticity_over_twenty_shops(
    record_property: Callable[[str, object], None],
) -> None:
    found = [experiments_in_memory(seed) for seed in range(1, 21)]
    moving = sum(one.verdict is Verdict.MOVES for one in found)
    bounded = [one for one in found if one.effect_low is not None]
    covered = sum(
        one.effect_low <= TRUE_ELASTICITY <= (one.effect_high or np.inf)
        for one in bounded
        if one.effect_low is not None
    )
    record_property(
        "figures",
        f"20 shops' experiments: {moving} move, {covered} of {len(bounded)} intervals cover "
        f"{TRUE_ELASTICITY}",
    )
    assert moving >= 14
    assert len(bounded) >= 18
    assert covered >= 0.8 * len(bounded)


def test_single_releases_are_not_said_to_have_moved_what_they_did_not(shop: HubHome) -> None:
    con = open_published(shop)
    impacts = con.execute(
        "select model, verdict, effect_low, effect_high from marts.mart_release_impacts"
    ).fetchall()
    con.close()
    assert len(impacts) > 50
    null = [row for row in impacts if row[0] != "recommender" and row[2] is not None]
    assert sum(verdict == "moves" for _, verdict, _, _ in null) <= 1
    assert sum(low <= 0.0 <= high for _, _, low, high in null) >= 0.88 * len(null)


def test_a_published_verdict_is_worked_out_again(shop: HubHome) -> None:
    told = bellwether_here(
        "link", "fraud/auc", "revenue", "--again", "--json", "--home", str(shop.root)
    )
    assert told.code == 0, told.err
    assert told.json[0]["differences"] == []


def test_the_harmed_guardrail_is_broken_and_every_other_held(shop: HubHome) -> None:
    truth = json.loads((shop.root / "truth.json").read_text())["truths"]["guardrail"]
    with open_published(shop) as con:
        read = con.execute(
            "select experiment, guardrail from marts.mart_experiments where metric = ?",
            [truth["metric"]],
        ).fetchall()
    assert sorted(name for name, _ in read) == truth["reported_by"]
    told = dict(read)
    assert {reading for name, reading in read if name not in truth["harmed"]} == {"guardrail held"}
    assert [told[name] for name in truth["harmed"]] == ["guardrail broken"]


def test_experiments_that_disturb_each_other_are_found(shop: HubHome) -> None:
    truth = json.loads((shop.root / "truth.json").read_text())["truths"]
    planted = truth["overlapping_experiments"]
    with open_published(shop) as con:
        (row,) = con.execute("select * from marts.mart_experiment_overlaps").df().to_dict("records")
    assert {row["first"], row["second"]} == {planted["first"], planted["second"]}
    assert row["users_in_both"] == planted["users_in_both"]
    assert row["verdict"] == "interaction"
    assert row["low"] < planted["interaction"] < row["high"]


def test_a_broken_split_is_withheld(shop: HubHome, found_again: dict[str, Any]) -> None:
    truth = json.loads((shop.root / "truth.json").read_text())["truths"]["experiments"]
    broken = truth["broken_split"]
    names = {broken} if isinstance(broken, str) else {str(b) for b in broken}
    experiments = found_again["experiments"]
    withheld = [e for e in experiments if e["status"] == "withheld"]
    assert {e["experiment"] for e in withheld} == names
    assert all(e["lift"] is None and e["withheld_reason"] for e in withheld)
    assert len(experiments) > len(withheld)
