"""Are budgets, alerts, versions and errors of a service said as they are, gaps included?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dashboards import service_words

Frames = dict[str, pd.DataFrame]
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_budget_says_what_is_left_and_an_overspent_one_by_how_much(marts: Frames) -> None:
    row = marts["mart_service_slo"].iloc[0]
    assert service_words.budget(row, BERLIN) == (
        "reco-api promises 99.5 % of its answers without an error; 20 % of the error budget of "
        "the 28 days to 12 Mar 2025 is left: 112 errors in 28,000 requests, 0.8 times the allowed "
        "rate."
    )
    over = row.copy()
    over["budget_left"] = -0.5
    assert (
        "the error budget of the 28 days to 12 Mar 2025 is overspent by 50 %"
        in service_words.budget(over, BERLIN)
    )


def test_requests_are_counted_from_to_and_the_budget_has_its_own_date(marts: Frames) -> None:
    days = marts["mart_service_days"].assign(requests=100, errors=1, has_data=True)
    slo = marts["mart_service_slo"]
    year = days[days["day"] < "2025-02-01"]
    first = f"{year['day'].min():%-d %b %Y}"
    assert service_words.answered("reco-api", year, slo, zone=BERLIN) == (
        f"reco-api answered 99.00 % of {100 * len(year):,} requests without an error from {first} "
        "to 31 Jan 2025; 20 % of its error budget of the 28 days to 12 Mar 2025 is left."
    )
    one = days[days["day"] == "2025-01-20"]
    said = service_words.answered("reco-api", one, slo.head(0), zone=BERLIN, worse="errors rose")
    assert said == (
        "reco-api answered 99.00 % of 100 requests without an error on 20 Jan 2025. Errors rose."
    )
    silent = one.assign(requests=0)
    assert service_words.answered("reco-api", silent, slo, zone=BERLIN) == (
        "reco-api left no log line on 20 Jan 2025."
    )


def test_what_is_not_stored_by_platform_is_said_to_be_of_all_platforms(marts: Frames) -> None:
    days = marts["mart_service_days"].assign(requests=100, errors=1)
    one = days[days["day"] == "2025-01-20"]
    said = service_words.answered(
        "reco-api", one, marts["mart_service_slo"], zone=BERLIN, worse="errors rose", is_part=True
    )
    assert said.startswith("reco-api, on all platforms together, answered 99.00 % of 100 requests")
    assert said.endswith("On all platforms together, errors rose.")


def test_a_rule_says_firing_quiet_or_why_nobody_knows(marts: Frames) -> None:
    few, thin, firing = (row for _, row in marts["mart_service_burn"].iterrows())
    assert service_words.rule_now(few) == (
        "Page, 1 hour: too few requests to judge, 45 of the 100 it takes in 1 hour."
    )
    assert service_words.rule_now(thin) == (
        "Page, 6 hours: quiet, data are missing (requests in 200 of 360 minutes)."
    )
    assert service_words.rule_now(firing) == (
        "**Ticket, 3 days: firing.** 3.5 times the allowed rate over 3 days, 2 times over "
        "6 hours; the limit is 1 (requests in 2,400 of 4,320 minutes)."
    )
    silent = few.copy()
    silent["state"] = "silent"
    assert "not known" in service_words.rule_now(silent)


def test_an_episode_says_when_how_bad_and_that_data_were_missing(marts: Frames) -> None:
    page, ticket = (row for _, row in marts["mart_service_alerts"].iterrows())
    assert service_words.episode(page, BERLIN) == (
        "Page, 6 hours: from 2 Mar 2025 11:00 to 2 Mar 2025 14:00; at its worst 84 times the "
        "allowed rate, 61 of 145 requests failed. Requests came in at least 79 of the 360 minutes, "
        "fewer than usual: data are missing."
    )
    assert "and has not ended" in service_words.episode(ticket, BERLIN)
    assert "missing" not in service_words.episode(ticket, BERLIN)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.001, 0.004, "worse"), (-0.004, -0.001, "better"), (-0.001, 0.004, "no difference shown")],
)
def test_a_version_is_worse_only_when_the_interval_says_so(
    marts: Frames, low: float, high: float, verdict: str
) -> None:
    row = marts["mart_service_versions"].iloc[2].copy()
    row["error_ratio_change_low"], row["error_ratio_change_high"] = low, high
    said = service_words.comparison(row)
    assert f"95 %: {verdict})" in said
    assert "0.40 % of its requests failed against 0.30 %" in said
    assert "p95 120 ms against 110 ms and 1 new error pattern." in said


def test_a_first_version_is_compared_with_nothing(marts: Frames) -> None:
    said = service_words.comparison(marts["mart_service_versions"].iloc[0])
    assert said.endswith("there is no version before it to compare with.")


def test_a_rollback_came_back(marts: Frames) -> None:
    assert service_words.comparison(marts["mart_service_versions"].iloc[3]).startswith(
        "1.1 came back on"
    )


def test_new_errors_are_those_of_the_version_that_showed_them_first(marts: Frames) -> None:
    rows = marts["mart_service_error_versions"]
    assert service_words.new_errors(rows, "1.2") == (
        "New in 1.2: “=timeout after <n> ms” (status 504, 70 times)."
    )
    assert service_words.new_errors(rows, "1.1").startswith("1.1 brought no error")


def test_callers_without_a_name_are_not_named(marts: Frames) -> None:
    said = service_words.who_asks(marts["mart_service_callers"])
    assert said == "Asked by shop (60 %), mailer (30 %) and a caller without a name (5 %)."


def test_apdex_of_a_period_adds_points_and_requests() -> None:
    # 7.5 of 13 and 2 of 2: 9.5 / 15 = 0.633, not the mean of 0.577 and 1
    days = pd.DataFrame(
        {"apdex_points": [7.5, None, 2.0], "apdex_requests": [13, None, 2], "apdex_ms": 500.0}
    )
    assert service_words.apdex(days) == "Apdex 0.633 with T = 500 ms, of 15 requests."
    assert "no Apdex" in service_words.apdex(days.iloc[[1]])
