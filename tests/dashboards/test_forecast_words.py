"""Is a forecast said with both intervals, its chance, and how good such forecasts were?"""

from __future__ import annotations

import pandas as pd
import pytest

from dashboards.forecast_words import (
    back_tests,
    chance,
    faith,
    is_known,
    outlook,
    past_words,
    sentence,
    too_narrow,
)

Frames = dict[str, pd.DataFrame]


def test_a_forecast_is_said_whole(marts: Frames) -> None:
    row = marts["mart_forecasts"].iloc[0]
    assert is_known(row)
    assert sentence(row) == (
        "Revenue is expected to end March 2025 at 31,000 €: with 80 % between 30,200 € and "
        "31,800 €, with 95 % between 29,800 € and 32,200 €; 19 days to go, and only "
        "those are uncertain. The chance of the target of 29,000 € is 93 %, no surer than the "
        "past allows: 1 of 24 earlier forecasts was as far off for its interval."
    )
    assert outlook(row).endswith(
        "31,000 € expected at the end [95\u00a0%: 29,800 € to 32,200 €], 19 days to go; chance of "
        "the target 93 % (95 % intervals of earlier forecasts, made with 10 to 20 days to go, held "
        "22 of 24 times)"
    )
    narrow = pd.Series({**row, "coverage_95": 0.75})
    assert "chance of the target 93 % (⚠ too narrow in the past: 95 % intervals of" in (
        outlook(narrow)
    )
    aimless = pd.Series({**narrow, "target": None, "chance_of_target": None})
    assert outlook(aimless).endswith(
        "; ⚠ too narrow in the past: 95 % intervals of earlier forecasts, made with 10 to 20 days "
        "to go, held 18 of 24 times"
    )


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (10, 31, "earlier forecasts, made with 10 to 31 days to go, held 22 of 24 times"),
        (1, 1, "earlier forecasts, made with 1 day to go, held 22 of 24 times"),
        (None, None, "earlier forecasts held 22 of 24 times"),
    ],
)
def test_earlier_forecasts_are_told_with_the_days_that_were_left(
    marts: Frames, least: int | None, most: int | None, said: str
) -> None:
    row = {**marts["mart_forecasts"].iloc[0], "least_days_tested": least, "most_days_tested": most}
    assert past_words(pd.Series(row)) == f"95 % intervals of {said}"


def test_back_tests_say_how_often_the_interval_held_and_what_repeating_would_have_done(
    marts: Frames,
) -> None:
    tests = pd.DataFrame({"days_left": [23, 15, 8]})
    told = back_tests(marts["mart_forecasts"].iloc[0], tests)
    assert "Of 24 earlier forecasts made in the same way with 8 to 23 days to go, the 80 %" in told
    assert "in 75 % and the 95 % interval in 92 %" in told
    assert "off by 2.0 % on average; repeating last week would have been off by 3.5 %." in told
    assert "fewer than any" not in told


def test_errors_of_earlier_days_of_a_period_are_not_held_against_one_of_its_last_days(
    marts: Frames,
) -> None:
    late = pd.Series({**marts["mart_forecasts"].iloc[0], "days_left": 1})
    told = back_tests(late, pd.DataFrame({"days_left": [23, 15, 8]}))
    assert told.endswith(
        "This one has 1 day to go, fewer than any of them, so its interval is narrower and it "
        "should be off by less; how much less has not been tried."
    )
    assert "1 day to go, and only that is uncertain" in sentence(late)


def test_what_cannot_be_forecast_is_not_known(marts: Frames) -> None:
    assert not is_known(marts["mart_forecasts"].iloc[1])
    assert not is_known(None)


@pytest.mark.parametrize(
    ("value", "is_bound", "said"),
    [
        (0.0, False, "under 1 %"),
        (1.0, False, "over 99 %"),
        (0.5, False, "50 %"),
        (1 / 26, True, "under 4 %"),
        (25 / 26, True, "over 96 %"),
    ],
)
def test_a_chance_is_never_never_nor_certain(value: float, is_bound: bool, said: str) -> None:
    row = pd.Series({"chance_of_target": value, "chance_is_bound": is_bound})
    assert chance(row) == said


def test_a_chance_that_was_never_tried_on_the_past_is_not_told(marts: Frames) -> None:
    nothing = dict.fromkeys(("chance_of_target", "n_back_tests", "coverage_80", "coverage_95"))
    row = pd.Series({**marts["mart_forecasts"].iloc[0], **nothing})
    assert (
        faith(row) == "no chance of the target is told: such forecasts were not tried on the past"
    )
    assert "chance" not in sentence(row)


@pytest.mark.parametrize(
    ("tried", "coverage_80", "coverage_95", "level"),
    [
        (24, 18 / 24, 22 / 24, None),  # 2 missed of 1.2 promised
        (24, 18 / 24, 21 / 24, 95),  # 3 missed of 1.2 promised
        (20, 11 / 20, 19 / 20, 80),  # 9 missed of 4 promised
        (5, 4 / 5, 4 / 5, None),  # a single miss says nothing
    ],
)
def test_an_interval_is_too_narrow_when_it_missed_twice_as_often_as_it_says(
    tried: int, coverage_80: float, coverage_95: float, level: int | None
) -> None:
    row = pd.Series({"n_back_tests": tried, "coverage_80": coverage_80, "coverage_95": coverage_95})
    assert too_narrow(row) == level
    assert ("too narrow" in past_words(row)) is (level is not None)


def test_a_forecast_that_was_never_tried_says_nothing_of_its_past() -> None:
    row = pd.Series({"n_back_tests": None, "coverage_80": None, "coverage_95": None})
    assert (too_narrow(row), past_words(row)) == (None, "")
