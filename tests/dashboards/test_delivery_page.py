"""Does *Delivery* say when work is done and what came of it, in figures that agree?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import dora_words
from dashboards.charts_delivery import deployments_chart, done_by_chart, how_many_chart
from dashboards.charts_sprints import sprint_chart
from dashboards.delivery_words import (
    by_itself,
    done_by,
    effect,
    how_many,
    now,
    of_model,
    rough,
    worth_in_short,
)
from dashboards.tokens import LIGHT
from dashboards.work_sections import model_links

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
Frames = dict[str, pd.DataFrame]


def _rows(marts: Frames, question: str) -> pd.DataFrame:
    rows = marts["mart_delivery_forecasts"]
    return rows[rows["question"] == question]


def test_dates_are_said_with_their_certainty(marts: Frames) -> None:
    assert done_by(_rows(marts, "when done")) == (
        "At the pace of the past weeks the 30 open items will be done by 20 Apr 2025 (50 % "
        "sure), by 4 May 2025 (85 % sure) and by 11 May 2025 (95 % sure)."
    )
    assert "20 (50 % sure), 15 (85 % sure) and 12 (95 % sure)" in how_many(_rows(marts, "how many"))


def test_what_is_open_is_said_of_the_week_that_ended_and_of_the_last_known_day(
    marts: Frames,
) -> None:
    weeks, items = marts["mart_delivery_weeks"], marts["mart_delivery_open_items"]
    week = weeks[weeks["is_complete"]].iloc[-1]
    said = now("SHOP", weeks, items, through=pd.Timestamp("2025-03-12 14:00"))
    assert f"which ended with {int(week['open_items'])} open; half of what was finished" in said
    left = f"It has {len(items)} items open on 12 Mar 2025, the last known day."
    assert said.endswith(left)
    none = now("SHOP", weeks.assign(is_complete=False), items, through=pd.Timestamp("2025-03-12"))
    assert none.startswith("No complete week of SHOP lies in the period above; it has ")


def test_the_first_sentence_is_of_the_period_and_grain_that_are_chosen(marts: Frames) -> None:
    weeks, items = marts["mart_delivery_weeks"], marts["mart_delivery_open_items"]
    through = pd.Timestamp("2025-03-12")
    chosen = weeks[weeks["week_start"] < "2025-02-01"]
    week = chosen[chosen["is_complete"]].iloc[-1]
    said = now("SHOP", chosen, items, through=through)
    assert f"{int(week['finished'])} items in the week of 27 Jan 2025" in said
    months = chosen.assign(month_start=pd.Timestamp("2025-01-01"))
    said = now("SHOP", months, items, through=through, every="month")
    assert "items in January 2025, which ended" in said


def test_the_weeks_and_months_whose_times_are_approximate_are_told_with_how_many() -> None:
    rows = pd.DataFrame(
        {
            "month_start": pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01"]),
            "is_approximate": [False, True, None],
            "n_approximate": [0, 3, None],
            "n_finished_with_cycle": [2, 4, None],
        }
    )
    told = {date(2025, 2, 1): "approximate: 3 of 4 without a history"}
    assert rough(rows, every="month") == told


def test_each_certainty_ends_at_its_own_day(marts: Frames) -> None:
    fig = done_by_chart(_rows(marts, "when done"), LIGHT)
    assert [trace.text[1] for trace in fig.data] == ["20 Apr 2025", "4 May 2025", "11 May 2025"]
    assert len({trace.line.dash for trace in fig.data}) == 3
    assert fig.layout.margin.r >= 84


def test_the_surer_the_fewer_and_no_bar_by_colour_alone(marts: Frames) -> None:
    fig = how_many_chart(_rows(marts, "how many"), LIGHT)
    assert [trace.y[0] for trace in fig.data] == [20.0, 15.0, 12.0]
    assert len({trace.marker.pattern.shape[0] for trace in fig.data}) == 3


def test_a_lasting_change_after_a_release_is_no_proof(marts: Frames) -> None:
    rows = marts["mart_delivery_releases"]
    assert effect(rows.iloc[0]).endswith("moves Revenue: 1,200 €/month [95\u00a0%: 900 to 1,500]")
    assert "Rendered share of reco-api fell when it came" in effect(rows.iloc[1])
    assert "proves no cause" in effect(rows.iloc[1])


def test_a_model_is_told_by_its_declared_metric_whatever_another_says(marts: Frames) -> None:
    links = marts["mart_what_moves_sales"]
    recall = links[links["metric_name"] == "recall"]
    recall = recall.assign(verdict="moves", is_primary=False)
    order = pd.concat([recall, links.drop(recall.index)], ignore_index=True)
    found = model_links(order, marts["mart_delivery_releases"])
    assert found[["entity", "metric_name"]].to_numpy().tolist() == [["ranker", "ndcg_at_10"]]


def test_a_models_worth_is_told_over_all_releases_and_no_amount_without_a_verdict(
    marts: Frames,
) -> None:
    links = marts["mart_what_moves_sales"].set_index("entity")
    moving = links.loc["ranker"].iloc[0].copy()
    moving["entity"] = "ranker"
    said = of_model(moving).replace("\\", "")
    assert said == (
        "**▲ ranker → Revenue: moves it, with a gain.** Its gains in NDCG@10 are worth "
        "12,300\u00a0€/month [95\u00a0%: 8,120 to 16,400] over all releases together, by releases."
    )
    unsure = links.loc["search"].copy()
    unsure["entity"] = "search"
    assert of_model(unsure).replace("\\", "") == (
        "**⇄ search → Revenue: confounded.** Because the test data says so. What it takes: "
        "About 8 more releases."
    )
    assert worth_in_short(unsure) == "Revenue: confounded (all releases together)"


def test_a_release_that_cannot_be_judged_says_what_that_would_take(marts: Frames) -> None:
    row = marts["mart_delivery_releases"].iloc[2]
    impact = marts["mart_release_impacts"].iloc[0]
    assert by_itself(row, impact) == (
        "4 items (such as SHOP-1) → ranker 1.7, 12 Mar 2025 → Revenue by itself: not enough data; "
        "it cannot be told apart. No step was seen. What it takes: About 40 more days."
    )
    assert by_itself(row, None).endswith("it cannot be told apart.")
    assert "1,200 €/month" in by_itself(marts["mart_delivery_releases"].iloc[0], impact)


def _months(marts: Frames) -> pd.DataFrame:
    rows = marts["mart_delivery_months"]
    return rows[rows["scope"] == "SHOP"].reset_index(drop=True)


def test_the_five_are_of_the_last_complete_month_and_say_what_they_rest_on(marts: Frames) -> None:
    five = {card.label: card for card in dora_words.cards(_months(marts))}
    assert five["Change lead time"].about == "February 2025 · down is good"
    assert five["Deployment frequency"].about == "February 2025 · up is good"
    assert five["Change fail rate"].rests_on == "2 of 8 releases"
    assert five["Failed-deployment recovery time"].rests_on == "1 of 2 failed releases recovered"
    assert five["Change lead time"].rests_on == (
        "12 items released; of 2 items no history tells the start; from Done to release 2.0 days "
        "(14 items)"
    )
    # a month without releases has no rate, but its number of releases is a true zero
    assert five["Change fail rate"].compared == "January 2025: no data"
    assert five["Change fail rate"].change is None
    assert five["Deployment frequency"].compared == "January 2025: 0 releases"


def test_without_a_source_of_incidents_failure_is_not_known(marts: Frames) -> None:
    unknown = _months(marts).assign(deployments_judged=None, failed_deployments=None)
    unknown = unknown.assign(change_fail_rate=None, recovery_hours_p50=None)
    five = {card.label: card for card in dora_words.cards(unknown)}
    assert five["Change fail rate"].value == "no data"
    assert "no source of incidents" in five["Change fail rate"].rests_on
    assert "no source of incidents" in five["Failed-deployment recovery time"].rests_on
    assert five["Deployment rework rate"].rests_on == "1 of 8 releases"


def test_unattributed_incidents_are_counted(marts: Frames) -> None:
    said = dora_words.attributed(marts["mart_delivery_incidents"], gap_hours=24)
    assert said == (
        "Of 3 incidents 1 names its release, 1 belongs to the last release before it (at most 24 "
        "hours older), and 1 is unattributed and counts for no release."
    )
    twice = pd.concat([marts["mart_delivery_incidents"]] * 2)
    assert dora_words.attributed(twice, gap_hours=24) == (
        "Of 6 incidents 2 name their release, 2 belong to the last release before them (at most "
        "24 hours older), and 2 are unattributed and count for no release."
    )


def test_deployments_are_drawn_a_week_and_the_week_that_is_not_over_is_hatched() -> None:
    weeks = pd.DataFrame(
        {
            "week_start": pd.to_datetime(["2025-01-06", "2025-01-13", "2025-01-27"]),
            "deployments": [2, 0, 1],
            "is_complete": [True, True, False],
        }
    )
    (bars,) = deployments_chart(weeks, LIGHT).data
    drawn = dict(zip([str(each)[:10] for each in bars.x], bars.y, strict=True))
    assert (drawn["2025-01-06"], drawn["2025-01-13"], drawn["2025-01-27"]) == (2, 0, 1)
    assert pd.isna(drawn["2025-01-20"])
    assert list(bars.marker.pattern.shape) == ["", "", "", "/"]


def test_numbers_without_a_history_are_said_to_be_approximate_with_their_share(
    marts: Frames,
) -> None:
    weeks = marts["mart_delivery_weeks"].head(2).assign(finished=[4, 6])
    assert dora_words.approximate(weeks).startswith("of 10 items finished in this span 2 (20 %)")
    assert dora_words.approximate(weeks.assign(finished_approximate=0)) == ""
    bare = weeks.assign(straight_to_done=None, reopenings=None, elapsed_days=None)
    assert "nobody knows what went straight to Done" in dora_words.way(bare)
    assert "Flow efficiency is not known" in dora_words.way(bare)


def test_a_running_sprint_is_not_drawn_and_its_parts_add_up(marts: Frames) -> None:
    fig = sprint_chart(marts["mart_delivery_sprints"], LIGHT)
    *bars, committed = fig.data
    assert [list(bar.x) for bar in bars] == [["SHOP Sprint 7"]] * 4
    assert sum(bar.y[0] for bar in bars) == 10 + 3
    assert list(committed.y) == [10]
    assert len({bar.marker.pattern.shape[0] for bar in bars}) == 4


def test_sprints_are_called_by_what_tells_them_apart(marts: Frames) -> None:
    closed = marts["mart_delivery_sprints"].assign(is_complete=True)
    assert list(sprint_chart(closed, LIGHT).data[0].x) == ["7", "8"]


def test_sprints_of_one_name_are_not_stacked_on_each_other(marts: Frames) -> None:
    alike = marts["mart_delivery_sprints"].assign(is_complete=True, sprint_name="Sprint 1")
    assert list(sprint_chart(alike, LIGHT).data[0].x) == ["7 of jira", "8 of jira"]


@pytest.mark.usefixtures("at_home")
def test_the_page_forecasts_and_follows_work_to_its_effect() -> None:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.query_params["period"] = "last-3-months"
    app.run()
    app = app.switch_page("app_pages/delivery.py").run()
    assert not app.exception
    text = "\n".join(str(each.value) for kind in (app.markdown, app.caption) for each in kind)
    assert "the 30 open items will be done" in text
    assert "2 of them show an effect by itself" in text
    assert "**▲ ranker → Revenue: moves it, with a gain.** Its gains in NDCG@10" in text
    assert "rest waited" in text
    assert "75\u00a0%" in text
    assert "7 of 10 committed items done, 3 added later" in text
    assert [metric.value for metric in app.metric] == [
        "6.5 days", "8 releases", "3.0 hours", "25 %", "12 %",
    ]  # fmt: skip
    warned = " ".join(str(each.value) for each in app.warning)
    assert "have no whole history of status changes" in warned
    assert "the time since their creation stands in" in text
    assert app.selectbox(key="period").value == "last-3-months"
    by_item = next(each.value for each in app.dataframe if "link_kind" in each.value.columns)
    assert by_item["over_all_releases_of_the_model"].isna().all()
    released = next(each.value for each in app.dataframe if "effect_words" in each.value.columns)
    assert set(released["money_month"].dropna()) == {1200.0}
    worth = released.set_index("model")["over_all_releases_of_the_model"]
    assert (
        worth["ranker"].str.endswith("[95\u00a0%: 8,120 to 16,400] (all releases together)").all()
    )
    assert worth[["search", "reco-api"]].isna().all()
