"""What `since`, `plan` and `selftest` print of a built shop, and how they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.shop_builds import Told, bellwether_here


@pytest.mark.parametrize("command", ["since", "plan", "selftest"])
def test_every_command_explains_itself(command: str) -> None:
    told = bellwether_here(command, "--help")
    assert told.code == 0
    assert f"Usage: bellwether {command}" in told.out


@pytest.mark.parametrize("command", ["since", "plan", "selftest"])
def test_asking_before_the_first_build_says_what_to_run(command: str, tmp_path: Path) -> None:
    bellwether_here("init", str(tmp_path / "hub"))
    told = bellwether_here(command, "--home", str(tmp_path / "hub"))
    assert told.code == 1
    assert "bellwether run" in told.err
    assert "Traceback" not in told.err


@pytest.mark.pipeline
class TestOnABuiltShop:
    """The shop is the built demo shop of the pipeline tests."""

    def ask(self, home: str, *arguments: str) -> Told:
        return bellwether_here(*arguments, "--home", home)

    def test_since_lists_what_changed_with_what_came_before(self, shop_home: str) -> None:
        told = self.ask(shop_home, "since")
        assert told.code == 0
        for word in ("shop-frontend Rendered share", "2026-01-27", "shop-frontend 7.17.0"):
            assert word in told.out
        assert "not a proof" in told.out

    def test_since_of_one_series_ranks_the_events_before_it(self, shop_home: str) -> None:
        told = self.ask(shop_home, "since", "shop-frontend/rendered_ratio", "--json")
        (series,) = told.json
        (change,) = series["changes"]
        assert series["verdict"] == "changed"
        assert [cause["rank"] for cause in change["causes"]] == list(
            range(1, len(change["causes"]) + 1)
        )
        assert change["causes"][0]["name"] == change["first_cause"]

    def test_a_series_that_is_not_there_is_told_with_what_is_near(self, shop_home: str) -> None:
        told = self.ask(shop_home, "since", "revenu")
        assert told.code == 1
        assert "revenue" in told.err

    def test_a_plan_compares_kpis_under_the_same_releases(self, shop_home: str) -> None:
        rows = self.ask(shop_home, "plan", "--json").json
        assert len(rows) > 5
        assert len({(row["metric"], row["n_releases"], row["every_days"]) for row in rows}) == 1
        revenue = next(row for row in rows if row["kpi"] == "revenue")
        assert revenue["effect"] > 0

    def test_more_releases_show_smaller_effects(self, shop_home: str) -> None:
        told = self.ask(
            shop_home,
            *("plan", "revenue", "--every", "14", "--gain", "3", "--releases", "20"),
            *("--effect", "2", "--rate", "5", "--lift", "4", "--json"),
        ).json
        plans = {plan["n_releases"]: plan["effect"] for plan in told["plans"]}
        assert [plans[n] for n in sorted(plans)] == sorted(plans.values(), reverse=True)
        assert 20 in plans
        assert told["wanted_effect"] == 2.0
        needed = told["needed"]
        assert needed["n_releases"] >= 6
        assert needed["weeks"] >= needed["n_releases"] * 2
        steps = [step["step"] for step in told["one_release"]]
        assert steps == sorted(steps, reverse=True)
        assert told["users"]["total"] == told["users"]["control"] + told["users"]["treatment"]

    def test_a_plan_is_told_in_words(self, shop_home: str) -> None:
        told = self.ask(shop_home, "plan", "revenue", "--effect", "1.5")
        assert told.code == 0
        for words in ("In four of five cases", "An effect of 1.5", "Assumed: a release every"):
            assert words in told.out

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            (("plan", "revenue", "--releases", "2"), "--releases"),
            (("plan", "revenue", "--gain", "-3"), "--gain"),
            (("plan", "revenue", "--power", "3"), "--power"),
            (("plan", "revenu"), "revenue"),
            (("selftest", "revenue", "--metric", "recommender/ndcg"), "recommender/ndcg_at_10"),
        ],
    )
    def test_what_cannot_be_asked_is_named(
        self, shop_home: str, arguments: tuple[str, ...], named: str
    ) -> None:
        told = self.ask(shop_home, *arguments)
        assert told.code == 1
        assert told.err.startswith("error: ")
        assert named in told.err
        assert "Traceback" not in told.err

    def test_the_self_test_counts_and_is_the_same_for_the_same_seed(self, shop_home: str) -> None:
        asked = ("selftest", "revenue", "--worlds", "24", "--seed", "3")
        told = self.ask(shop_home, *asked, "--json")
        assert told.code == 0
        assert "24 of 24" in told.err
        result = told.json
        assert result["false_alarms"]["n"] == 12
        assert sum(size["found"]["n"] for size in result["sizes"]) == 12
        assert result["coverage"]["count"] >= 20
        assert result["promised"] > 0
        assert self.ask(shop_home, *asked, "--json").json == result

    def test_the_self_test_is_told_to_both_readers(self, shop_home: str) -> None:
        told = self.ask(shop_home, "selftest", "--worlds", "12")
        assert told.code == 0
        for words in (
            "false alarms",
            "95 % interval",
            "Where nothing was there",
            "is what it promises",
            "All worlds share one history",
        ):
            assert words in told.out
