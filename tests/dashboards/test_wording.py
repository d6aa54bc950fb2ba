"""Are numbers, money and changes said as a reader expects?"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from analytics.vocabulary import Verdict
from dashboards.charts import with_unit
from dashboards.wording import (
    age,
    amount,
    axis_unit,
    change,
    direction_note,
    estimate,
    is_against_gain,
    lag,
    link_words,
    metric_words,
    moment,
    money_month,
    p_said,
    period_name,
    plain,
    probability,
    prose,
    told_apart,
    verdict_words,
)


@pytest.mark.parametrize(
    ("value", "unit", "form", "said"),
    [
        (12345.6, "EUR", ",.0f", "12,346 €"),
        (12345.6, "CHF", ",.0f", "12,346 CHF"),
        (0.03421, "ratio", ".2%", "3.42 %"),
        (0.5, "ratio", None, "50.00 %"),
        (None, "EUR", ",.0f", "no data"),
        (float("nan"), "EUR", None, "no data"),
        (0.0, "orders", ",.0f", "0 orders"),
        (1.0, "issues", ",.0f", "1 issue"),
        (1.0, "ms", None, "1 ms"),
        (41.237, "ms", None, "41.2 ms"),
        (0.98765, "value", ".3f", "0.988"),
        (7.0, "EUR", "not a format", "7 €"),
    ],
)
def test_amount_has_its_unit_and_a_gap_is_not_zero(
    value: float | None, unit: str, form: str | None, said: str
) -> None:
    assert amount(value, unit, form=form) == said


def test_a_count_of_which_neither_way_is_good_is_told_and_not_judged() -> None:
    found = change(1, 7, unit="issues", direction="neither", form=",.0f")
    assert found is not None
    assert (found.words, found.judgement) == ("−85.7 %", "")
    assert direction_note("neither") == ""


def test_large_amounts_are_shortened_on_cards_only() -> None:
    assert amount(2_345_678, "EUR", form=",.0f", short=True) == "2.35 M €"
    assert amount(2_345_678, "EUR", form=",.0f") == "2,345,678 €"


def test_a_rise_is_better_or_worse_by_the_metrics_direction() -> None:
    up = change(110, 100, unit="EUR", direction="up")
    down = change(110, 100, unit="EUR", direction="down")
    assert up is not None
    assert down is not None
    assert (up.words, up.arrow, up.judgement) == ("+10.0 %", "up", "better")
    assert (down.words, down.arrow, down.judgement) == ("+10.0 %", "up", "worse")


def test_a_ratio_changes_by_percentage_points() -> None:
    found = change(0.03, 0.05, unit="ratio", direction="down")
    assert found is not None
    assert found.words == "−2.00 percentage points"
    assert found.short == "−2.00 pp"
    assert found.is_good is True


def test_values_that_read_the_same_have_not_changed() -> None:
    found = change(0.03712, 0.03701, unit="ratio", direction="down", form=".1%")
    assert found is not None
    assert (found.words, found.is_good) == ("no change", None)


@pytest.mark.parametrize(("value", "before"), [(None, 1.0), (1.0, None), (float("nan"), 1.0)])
def test_nothing_is_compared_with_a_gap(value: float | None, before: float | None) -> None:
    assert change(value, before, unit="EUR", direction="up") is None


def test_a_change_from_zero_has_no_percentage() -> None:
    found = change(5, 0, unit="EUR", direction="up")
    assert found is not None
    assert "%" not in found.words


def test_money_is_rounded_to_three_figures_and_has_its_interval() -> None:
    row = {
        "money_month": 12345.0,
        "money_month_low": -812.3,
        "money_month_high": 16449.0,
        "currency": "EUR",
    }
    assert money_month(row) == "12,300 €/month [95\u00a0%: −812 to 16,400]"
    assert money_month(row | {"money_month": None}) == "no estimate in money"


def test_estimates_and_lags_say_when_there_are_none() -> None:
    assert estimate(None, None, None) == "no estimate"
    assert estimate(-0.5, -1.0, 0.25, "elasticity") == "−0.5 [95\u00a0%: −1 to 0.25] elasticity"
    unknown = {"lag_days": None, "lag_set_low": None, "lag_set_high": None}
    assert lag(unknown) == "not known"
    assert lag({"lag_days": 5, "lag_set_low": 3, "lag_set_high": 7}) == (
        "5 days (anything from 3 to 7 fits)"
    )


def test_small_probabilities_are_not_called_zero() -> None:
    assert probability(0.00001) == "< 0.001"
    assert probability(None) == "none"


def test_periods_are_named_by_grain() -> None:
    assert period_name("2025-03-01", "month") == "March 2025"
    assert period_name("2025-03-03", "week") == "week of 3 Mar 2025"
    assert period_name("2025-03-03", "day") == "Mon 3 Mar 2025"


def test_moments_are_on_the_hubs_clock_through_daylight_saving() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert moment(pd.Timestamp("2025-03-30 00:30", tz="UTC"), berlin) == "30 Mar 2025 01:30"
    assert moment(pd.Timestamp("2025-03-30 01:30", tz="UTC"), berlin) == "30 Mar 2025 03:30"
    assert moment(None, berlin) == "no data"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=5, hours=3), "5 days"),
        (timedelta(hours=30), "30 hours"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=-3), "0 minutes"),
    ],
)
def test_ages_are_said_in_the_unit_that_fits(span: timedelta, said: str) -> None:
    assert age(span) == said


def test_text_of_the_data_is_no_markdown() -> None:
    assert plain("a $x$ *b* [c](d)") == r"a \$x\$ \*b\* \[c\](d)"


def test_what_a_definition_marks_as_code_is_shown_as_code_and_the_rest_as_it_is() -> None:
    assert prose("by `apdex_ms` of *hub.yml*") == r"by `apdex_ms` of \*hub.yml\*"
    assert prose("one ` alone_") == r"one \` alone\_"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_sign_and_a_word(verdict: Verdict) -> None:
    words = verdict_words(verdict.value)
    assert words.sign
    assert words.word
    assert words.meaning == verdict.meaning


@pytest.mark.parametrize(
    ("effect", "metric", "kpi", "is_against"),
    [
        (0.2, "up", "up", False),
        (-0.2, "up", "up", True),
        (0.2, "down", "up", True),
        (-0.2, "down", "up", False),
        (-0.2, "up", "down", False),
        (0.2, "up", "down", True),
        (-0.2, "neither", "up", False),
        (None, "up", "up", False),
    ],
)
def test_a_kpi_that_goes_the_bad_way_with_a_better_metric_goes_against_its_gain(
    effect: float | None, metric: str, kpi: str, is_against: bool
) -> None:
    link = {"verdict": "moves", "money_month": 1080.0, "effect": effect}
    link |= {"metric_direction": metric, "kpi_direction": kpi}
    assert is_against_gain(link) is is_against
    words, gain = link_words(link), verdict_words("moves", gain=1080.0)
    assert (words.word == "moves it, against its gain") is is_against
    assert (words.sign != gain.sign) is is_against
    assert (words.colour != gain.colour) is is_against
    assert link_words(link | {"verdict": "no evidence"}) == verdict_words("no evidence")


def test_gain_and_loss_differ_in_sign_and_word_not_in_colour_alone() -> None:
    gain, loss = verdict_words("moves", gain=10.0), verdict_words("moves", gain=-10.0)
    assert gain.sign != loss.sign
    assert gain.word != loss.word


def test_a_metric_is_said_in_words_and_two_of_one_name_are_told_apart() -> None:
    assert metric_words("ndcg_at_10") == "ndcg@10"
    assert metric_words("revenue_per_user") == "revenue per user"
    assert told_apart({"a": "Revenue", "b": "Orders"}) == {"a": "Revenue", "b": "Orders"}
    assert told_apart({"a": "Revenue", "b": "Revenue"}) == {"a": "Revenue (a)", "b": "Revenue (b)"}


def test_a_p_value_is_written_the_same_way_everywhere() -> None:
    assert p_said(0.0123) == "p = 0.012"
    assert p_said(0.00004, "q") == "q < 0.001"
    assert p_said(None) == p_said(float("nan")) == "no p"
    assert probability(0.4) == "0.400"


def test_a_number_and_its_unit_stay_on_one_line_and_an_axis_names_its_unit() -> None:
    assert plain("98 % of 420 € in 12 ms, page 2 of 3") == (
        "98\u00a0% of 420\u00a0€ in 12 ms, page 2 of 3"
    )
    assert [axis_unit(unit) for unit in ("EUR", "ms", "ratio", "count", None)] == [
        " (€)",
        " (ms)",
        "",
        "",
        "",
    ]
    assert with_unit("EUR", form=",.0f") == "%{y:,.0f} €"
    assert with_unit("USD", axis="x") == "$%{x:,.5~g}"
    assert with_unit("ratio") == "%{y:$.2~%}"
    assert with_unit("ms", form=".1f") == "%{y:.1f} ms"
