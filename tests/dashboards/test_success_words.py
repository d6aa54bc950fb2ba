"""Do the sentences at the top say target, change and movers with numbers, and claim no more?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from dashboards import success_words
from dashboards.kpi_cards import Card
from dashboards.wording import change

KPI = pd.Series({"metric_name": "revenue", "label": "Revenue", "unit": "EUR", "format": ",.0f"})
ROW = pd.Series(
    {
        "basis": "products",
        "revenue_now": 125.0,
        "revenue_before": 100.0,
        "volume_effect": 20.0,
        "price_effect": 20.0,
        "mix_effect": -15.0,
        "mix_of_new_products": 20.0,
        "mix_of_vanished_products": -12.0,
    }
)
CARD = Card(
    metric="revenue",
    label="Revenue",
    value="125 €",
    period="February 2025",
    when="in February 2025",
    main=change(125, 100, unit="EUR", direction="up"),
    main_words="+25.0 % against January 2025 (100 €): better",
    other_words="",
    target_words="✕ target missed: 83 % of 150 €",
    note="up is good",
    spark=(),
    description="",
)
FORECAST = pd.Series(
    {
        "expected": 160.0,
        "unit": "EUR",
        "format": ",.0f",
        "grain": "month",
        "period_start": pd.Timestamp("2025-03-01"),
        "target": 150.0,
        "chance_of_target": 0.8,
        "chance_is_bound": False,
    }
)
NO_LINKS = pd.DataFrame(
    columns=["kpi", "verdict", "entity", "is_primary", "evidence_grade", "p_value"]
)


def test_the_target_of_the_whole_period_and_the_chance_of_the_filling_one_are_told() -> None:
    assert success_words.on_target(CARD) == (
        "Revenue was 125 € in February 2025: ✕ target missed: 83 % of 150 €."
    )
    assert success_words.what_is_expected(FORECAST) == (
        "March 2025, not complete yet, is expected to end at 160 €; chance of the target 80 %."
    )


def test_an_interval_that_was_too_narrow_in_the_past_is_told_beside_the_chance() -> None:
    past = {"n_back_tests": 24, "coverage_80": 0.75, "coverage_95": 0.75}
    doubted = success_words.what_is_expected(pd.Series({**FORECAST, **past}))
    assert doubted.endswith(
        "chance of the target 80 % (⚠ too narrow in the past: 95 % intervals of earlier forecasts "
        "held 18 of 24 times)."
    )
    held = pd.Series({**FORECAST, **past, "coverage_95": 23 / 24})
    sound = success_words.what_is_expected(held)
    assert sound.endswith(
        "chance of the target 80 % (95 % intervals of earlier forecasts held 23 of 24 times)."
    )


def test_without_a_target_or_forecast_nothing_is_claimed() -> None:
    said = success_words.on_target(replace(CARD, target_words=""))
    assert said == (
        "Revenue was 125 € in February 2025. No target is set for it in this period, grain and "
        "segment."
    )
    assert success_words.what_is_expected(None) == ""


def test_the_year_to_date_stands_behind_the_target_of_the_period() -> None:
    card = replace(CARD, year_words="year to date ✕ 300 € of 330 €, 30 € short (91 %)")
    assert success_words.on_target(card) == (
        "Revenue was 125 € in February 2025: ✕ target missed: 83 % of 150 €. Year to date ✕ 300 € "
        "of 330 €, 30 € short (91 %)."
    )


def test_the_change_is_told_or_why_none_is() -> None:
    said = success_words.what_changed(CARD)
    assert said == "Revenue +25.0 % against January 2025 (100 €): better."
    nothing = replace(CARD, main=None, main_words="previous period: nothing complete")
    assert "nothing complete" in success_words.what_changed(nothing)
    unasked = replace(CARD, main=None, main_words="")
    assert success_words.what_changed(unasked).startswith("Nothing is compared")


def _calendar(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["day", "kind", "name"]).assign(country=None)


def test_days_of_the_calendar_that_set_two_periods_apart_stand_beside_the_change() -> None:
    calendar = _calendar(
        ("2025-01-07", "promotion", "Winter sale"),
        ("2025-01-08", "promotion", "Winter sale"),
        ("2025-01-08", "promotion", "Winter sale"),
        ("2025-01-01", "holiday", "New Year"),
        ("2025-02-28", "holiday", "A day off"),
        ("2025-03-01", "promotion", "Spring"),
    )
    now, before = pd.Timestamp("2025-02-01"), pd.Timestamp("2025-01-01")
    assert success_words.beside(calendar, now=now, before=before, grain="month") == (
        "The calendar sets the two apart: promotion (Winter sale) on 2 days of January 2025 and "
        "on none of February 2025. How much of the change comes of it is not known."
    )
    week, week_before = pd.Timestamp("2025-01-06"), pd.Timestamp("2024-12-30")
    said = success_words.beside(calendar, now=week, before=week_before, grain="week")
    assert "on none of the week of 30 Dec 2024 and on 2 days of the week of 6 Jan 2025" in said
    day, day_before = pd.Timestamp("2025-01-07"), pd.Timestamp("2025-01-06")
    said = success_words.beside(calendar, now=day, before=day_before, grain="day")
    assert said == (
        "The calendar sets the two apart: promotion (Winter sale) on Tue 7 Jan 2025 alone. How "
        "much of the change comes of it is not known."
    )
    several = calendar.assign(name=[f"Sale {at}" for at in range(len(calendar))])
    said = success_words.beside(several, now=now, before=before, grain="month")
    assert "promotion (Sale 0, Sale 1 and 1 more) on 2 days of January 2025" in said
    alike = calendar[calendar["kind"] == "holiday"]
    assert success_words.beside(alike, now=now, before=before, grain="month") == (
        "The calendar tells of nothing that sets the two apart."
    )
    assert success_words.beside(calendar.head(0), now=now, before=before, grain="month") == ""


def test_volume_price_and_mix_are_said_largest_first_and_add_up() -> None:
    said = success_words.what_moved(pd.DataFrame([ROW]), _largest("DE", 24), KPI)
    assert said.startswith(
        "+25 € = +20 € from more pieces, +20 € from higher prices and −15 € from cheaper products"
    )
    assert said.endswith("The same change by country: DE +24 €, the largest part.")
    none = success_words.what_gains_are_worth(NO_LINKS, KPI)
    assert none == "No model gain is shown to move Revenue."
    assert success_words.driver_table(ROW)["difference"].sum() == pytest.approx(25)


def _largest(segment: str, difference: float, *, change: float = 25) -> str:
    part = {"segment": segment, "difference": difference}
    return success_words.largest_part("country", part, change, unit="EUR", form=",.0f")


def test_a_part_against_the_change_or_beyond_it_is_not_told_as_a_part_of_it() -> None:
    assert _largest("AT", -546, change=429) == "By country, AT changed most, against it: −546 €."
    assert _largest("AT", -546, change=0) == "By country, AT changed most: −546 €."
    assert _largest("DE", -30, change=-25) == (
        "The same change by country: DE −30 €, the largest part, more than the whole: others went "
        "against it."
    )


def test_the_part_that_moved_most_is_told_with_its_way_and_of_which_whole() -> None:
    def said(difference: float, change: float, of: str = "") -> str:
        part = {"segment": "AT", "difference": difference}
        return success_words.added_most("country", part, change, unit="EUR", form=",.0f", of=of)

    assert said(546, 600) == "By country, AT added most: 546 €."
    assert said(-546, -600) == "By country, AT took away most: 546 €."
    assert said(-546, 429) == "By country, AT changed most, against the whole: −546 €."
    whole = success_words.of_whole("country")
    assert said(546, 600, whole) == "By country of the whole company, AT added most: 546 €."
    assert success_words.of_whole("__all__") == ""


def test_new_and_vanished_products_are_named_where_there_are_any() -> None:
    assert success_words.products_words(ROW, unit="EUR", form=",.0f") == (
        "Of the mix: +20 € from products not sold before and −12 € from products no longer sold."
    )
    none = ROW.copy()
    none[["mix_of_new_products", "mix_of_vanished_products"]] = 0.0
    assert success_words.products_words(none, unit="EUR", form=",.0f") == ""


def test_an_order_basis_has_no_mix() -> None:
    row = ROW.copy()
    row["basis"], row["price_effect"], row["mix_effect"] = "orders", 5.0, None
    words = success_words.driver_words(row, unit="EUR", form=",.0f")
    assert words == ["+20 € from more orders", "+5 € from a higher value of an order"]


def test_a_model_metric_that_moves_the_kpi_is_said_apart_from_the_change() -> None:
    link: dict[str, object] = {
        "link_id": "l1",
        "kpi": "revenue",
        "verdict": "moves",
        "entity": "ranker",
        "metric_label": "NDCG@10",
        "n_releases": 30,
        "is_primary": True,
        "evidence_grade": "experiments",
        "p_value": 0.01,
    }
    link |= {
        "dataset": "holdout-2024q3",
        "kpi_label": "Revenue",
        "currency": "EUR",
        "money_month": 12_000.0,
    }
    link |= {"money_month_low": 8_000.0, "money_month_high": 16_000.0}
    said = success_words.what_gains_are_worth(pd.DataFrame([link]), KPI)
    assert said == (
        "Apart from this change: without all 30 releases of ranker together, an estimated "
        "12,000 €/month [95\u00a0%: 8,000 to 16,000] of today's Revenue would not be there "
        "(by NDCG@10, chosen before looking)."
    )
    one = success_words.what_gains_are_worth(pd.DataFrame([link | {"n_releases": None}]), KPI)
    assert one.startswith("Apart from this change: without the gain of ranker, an estimated ")
    against = link | {"effect": -0.2, "metric_direction": "up", "kpi_direction": "up"}
    none = success_words.what_gains_are_worth(pd.DataFrame([against]), KPI)
    assert none == "No model gain is shown to move Revenue."
    assert success_words.what_gains_are_worth(pd.DataFrame([link, against]), KPI) == said
    two = pd.DataFrame([link, link | {"link_id": "l2", "entity": "search"}])
    assert success_words.what_gains_are_worth(two, KPI) == f"{said} Gains of search move it, too."
    beside_a_segment = success_words.what_gains_are_worth(two, KPI, of=" of the whole company")
    assert " of today's Revenue of the whole company would not be there" in beside_a_segment
