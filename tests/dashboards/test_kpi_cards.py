"""Does a card show the right period, compare like with like and judge by direction?"""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from dashboards.kpi_cards import card, complete_periods, ordered, table

KPI = pd.Series(
    {
        "metric_name": "revenue",
        "label": "Revenue",
        "description": "All sold lines.",
        "unit": "EUR",
        "direction": "up",
        "owner": "Sales",
        "role": "kpi",
        "format": ",.0f",
        "has_target": True,
    }
)


@pytest.fixture
def periods() -> pd.DataFrame:
    starts = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01"])
    nothing = pd.NaT
    return pd.DataFrame(
        {
            "metric_name": "revenue",
            "period_start": starts,
            "value": [1000.0, 1100.0, 300.0],
            "is_complete": [True, True, False],
            "previous_period_start": [nothing, starts[0], nothing],
            "previous_value": [None, 1000.0, None],
            "year_ago_period_start": [nothing, pd.Timestamp("2024-02-01"), nothing],
            "year_ago_value": [None, 1250.0, None],
            "target": [1200.0] * 3,
        }
    )


def test_the_newest_complete_period_comes_first_and_the_filling_one_not_at_all(
    periods: pd.DataFrame,
) -> None:
    assert [str(start)[:10] for start in complete_periods(periods)] == ["2025-02-01", "2025-01-01"]


def test_a_card_compares_dates_and_target_in_words(periods: pd.DataFrame) -> None:
    shown = card(KPI, periods, grain="month", start="2025-02-01", comparison="previous period")
    assert shown.value == "1,100 €"
    assert shown.about == "February 2025 · up is good"
    assert shown.main_words == "+10.0 % against January 2025 (1,000 €): better"
    assert shown.other_words == "−12.0 % against February 2024 (1,250 €)"
    assert shown.target_words == "✕ target missed by 100 €: 92 % of 1,200 €"


@pytest.mark.parametrize(
    ("target", "counted", "direction", "said", "unjudged"),
    [
        (
            3_360_000.0,
            8,
            "up",
            "✕ 3.18 M € of 3.36 M €, 176,382 € short (95 %; 1 of 8 months on target)",
            "3.18 M € of 3.36 M €, 176,382 € below (95 %; 8 of 8 months counted)",
        ),
        (
            3_180_000.0,
            7,
            "up",
            "✓ 3.18 M € of 3.18 M €, 3,618 € above (100 %; 1 of 7 months on target, 1 not counted)",
            "3.18 M € of 3.18 M €, 3,618 € above (100 %; 7 of 8 months counted)",
        ),
        (
            3_360_000.0,
            8,
            "down",
            "✓ 3.18 M € of 3.36 M €, 176,382 € below (95 %; 1 of 8 months on target)",
            "3.18 M € of 3.36 M €, 176,382 € below (95 %; 8 of 8 months counted)",
        ),
        (
            3_183_618.0,
            8,
            "up",
            "✓ 3.18 M € of 3.18 M € (100 %; 1 of 8 months on target)",
            "3.18 M € of 3.18 M € (100 %; 8 of 8 months counted)",
        ),
        (
            0.0,
            8,
            "up",
            "✓ 3.18 M € of 0 €, 3.18 M € above (1 of 8 months on target)",
            "3.18 M € of 0 €, 3.18 M € above (8 of 8 months counted)",
        ),
    ],
)
def test_the_year_to_date_is_told_with_its_gap_and_the_periods_on_target(
    periods: pd.DataFrame, target: float, counted: int, direction: str, said: str, unjudged: str
) -> None:
    year = {"value_to_date": 3_183_618.0, "target_to_date": target, "n_counted": counted}
    row = pd.Series({**year, "n_on_target": 1, "n_periods": 8})
    kpi = pd.Series({**KPI, "direction": direction})
    asked = partial(
        card, kpi, periods, grain="month", start="2025-02-01", comparison="none", to_date=row
    )
    shown = asked()
    assert shown.year_words == f"year to date {said}"
    doubted = asked(is_valid=False)
    assert doubted.year_words == f"year to date {unjudged}"
    without = asked(to_date=None)
    assert table([shown])["Year to date"].tolist() == [shown.year_words]
    assert without.year_words == ""
    assert "Year to date" not in table([without])


def test_a_card_has_one_verdict_that_of_the_chosen_comparison(periods: pd.DataFrame) -> None:
    rate = pd.Series({**KPI, "unit": "ratio", "direction": "down", "format": ".1%"})
    rows = periods.assign(
        value=0.0370, previous_value=0.0372, year_ago_value=0.0349, target=float("nan")
    )
    shown = card(rate, rows, grain="month", start="2025-02-01", comparison="previous period")
    said = [shown.main_words, shown.other_words]
    assert said[0].startswith("no change against January 2025 (3.7 %)")
    assert said[1] == "+0.21 percentage points against February 2024 (3.5 %)"
    turned = card(rate, rows, grain="month", start="2025-02-01", comparison="a year ago")
    assert turned.main_words == f"{said[1]}: worse"
    assert turned.other_words == said[0]


def test_a_sum_over_months_of_unequal_length_is_compared_a_day_too(periods: pd.DataFrame) -> None:
    sums = pd.Series({**KPI, "adds_up": True})
    shown = card(sums, periods, grain="month", start="2025-02-01", comparison="previous period")
    # 1,100 € in 28 days after 1,000 € in 31 days: 39.29 € after 32.26 € a day
    assert shown.main_words.endswith("(1,000 €): better; a day +21.8 % (28 days, not 31)")
    assert shown.other_words.endswith("(1,250 €); a day −8.9 % (28 days, not 29)")
    ratio = pd.Series({**KPI, "adds_up": False})
    plain = card(ratio, periods, grain="month", start="2025-02-01", comparison="previous period")
    assert plain.main_words.endswith("(1,000 €): better")


def test_a_card_of_what_is_neither_good_nor_bad_says_its_period_alone(
    periods: pd.DataFrame,
) -> None:
    neither = pd.Series({**KPI, "direction": None})
    shown = card(neither, periods, grain="week", start="2025-02-01", comparison="none")
    assert shown.about == "week of 1 Feb 2025"


def test_the_sparkline_leaves_the_filling_period_out(periods: pd.DataFrame) -> None:
    shown = card(KPI, periods, grain="month", start="2025-02-01", comparison="a year ago")
    assert shown.spark == (1000.0, 1100.0)


def test_without_a_complete_period_to_compare_with_nothing_is_compared(
    periods: pd.DataFrame,
) -> None:
    shown = card(KPI, periods, grain="month", start="2025-01-01", comparison="previous period")
    assert shown.main is None
    assert "nothing complete to compare with" in shown.main_words


@pytest.mark.parametrize(("label", "value"), [("Orders", "1,100"), ("Open orders", "1,100 orders")])
def test_only_a_count_that_is_called_by_its_unit_stands_without_it(
    periods: pd.DataFrame, label: str, value: str
) -> None:
    kpi = pd.Series({**KPI, "label": label, "unit": "orders"})
    shown = card(kpi, periods, grain="month", start="2025-02-01", comparison="previous period")
    assert shown.value == value


@pytest.mark.parametrize(
    ("low", "high", "said", "is_good"),
    [
        (0.001, 0.003, " [95\u00a0%: +0.10 to +0.30]: worse", False),
        (-0.001, 0.005, " [95\u00a0%: −0.10 to +0.50]: no difference shown", None),
        (None, None, "", None),
    ],
)
def test_with_intervals_a_change_is_judged_only_where_its_own_excludes_zero(
    periods: pd.DataFrame, low: float | None, high: float | None, said: str, is_good: bool | None
) -> None:
    ratio = KPI.copy()
    ratio["unit"], ratio["format"], ratio["direction"] = "ratio", ".3%", "down"
    rows = periods.assign(
        value=0.006, previous_value=0.004, previous_change_low=low, previous_change_high=high
    )
    shown = card(
        ratio, rows, grain="month", start="2025-02-01", comparison="previous period",
        by_interval=True,
    )  # fmt: skip
    words = f"+0.20 percentage points against January 2025 (0.400 %){said}"
    assert shown.main_words == words
    assert shown.main is not None
    assert shown.main.is_good is is_good


def test_a_true_zero_of_a_ratio_is_said_with_what_it_is_of(periods: pd.DataFrame) -> None:
    ratio = KPI.copy()
    ratio["unit"], ratio["format"], ratio["direction"] = "ratio", ".3%", "down"
    rows = periods.assign(value=0.0, numerator=0.0, denominator=277.0)
    shown = card(
        ratio, rows, grain="month", start="2025-02-01", comparison="none", counted="request"
    )
    assert shown.value == "0 %"
    assert shown.about == "February 2025 · 0 of 277 requests · down is good"
    assert table([shown])["Rests on"].tolist() == ["0 of 277 requests"]


def test_an_approximate_value_bears_a_mark_and_says_why(periods: pd.DataFrame) -> None:
    shown = card(
        KPI, periods, grain="month", start="2025-02-01", comparison="none", rough="approximate: all"
    )
    assert shown.value == "≈ 1,100 €"
    assert shown.about == "February 2025 · approximate: all · up is good"


def test_a_missing_period_is_no_data_not_zero(periods: pd.DataFrame) -> None:
    shown = card(KPI, periods, grain="month", start="2024-06-01", comparison="previous period")
    assert shown.value == "no data"


def test_a_target_for_a_metric_whose_good_direction_is_down_is_met_from_below(
    periods: pd.DataFrame,
) -> None:
    costs = KPI.copy()
    costs["direction"] = "down"
    shown = card(costs, periods, grain="month", start="2025-02-01", comparison="previous period")
    assert shown.target_words.startswith("✓ target met")


def test_kpis_with_a_target_come_first_and_guardrails_after_a_users_own() -> None:
    names = ["return_rate_of_ours", "orders", "margin", "revenue"]
    kpis = pd.DataFrame([KPI] * 4).reset_index(drop=True)
    kpis["metric_name"] = names
    kpis["has_target"] = [False, False, True, False]
    kpis["role"] = ["guardrail", "kpi", "kpi", "kpi"]
    in_order = list(ordered(kpis)["metric_name"])
    assert in_order == ["margin", "revenue", "orders", "return_rate_of_ours"]
