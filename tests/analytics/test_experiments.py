"""Is every experiment's read-out right, and withheld whenever it must be?"""

from __future__ import annotations

import datetime as dt
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.experiments import (
    Measure,
    ReadOut,
    Refusal,
    read_out,
    sample_ratio_check,
)
from analytics.vocabulary import Verdict

ASOS = "ab/asos_digital_experiments_dataset.csv"


def row(named: str, **columns: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "experiment": "ranker 7",
        "model": "recommender",
        "variant": named,
        "is_control": False,
        "started_at": pd.Timestamp("2025-03-01T23:30:00Z"),
        "ended_at": pd.Timestamp("2025-03-15T12:00:00Z"),
        "metric": "conversion",
        "users": 1000,
        "expected_share": 0.5,
        "conversions": 100,
        "value_sum": None,
        "value_sum_squares": None,
        "offline_metric": None,
        "offline_delta": None,
        "offline_se": None,
    }
    return {**base, **columns}


def pair(**treatment: Any) -> pd.DataFrame:
    return pd.DataFrame([row("A", is_control=True), row("B", **{"conversions": 130, **treatment})])


def only(table: pd.DataFrame, **options: Any) -> ReadOut:
    found = read_out(table, **options)
    assert len(found) == 1
    return found[0]


def test_conversion_lift_by_hand() -> None:
    # Rates .10 and .13 of 1,000 users each. Squared errors: .1·.9/999 = 9.0090e-5 and
    # .13·.87/999 = 1.13213e-4. Welch t = .03 / sqrt(2.03303e-4) = 2.10401.
    # Lift = .13/.10 - 1 = .30; its se = sqrt(1.13213e-4 + 1.3²·9.0090e-5) / .1 = .162931.
    result = only(pair())
    assert result.status == "read out"
    assert result.measure is Measure.CONVERSION
    assert result.lift == pytest.approx(0.30)
    assert result.lift_se == pytest.approx(0.162931, abs=1e-6)
    assert result.p_value == pytest.approx(2 * stats.norm.sf(2.10401), abs=3e-4)
    assert result.verdict is Verdict.MOVES


# --- what is withheld, and why --------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "refusal", "verdict"),
    [
        ({"users": 1300}, Refusal.SAMPLE_RATIO, Verdict.INVALID_DATA),
        ({"users": None}, Refusal.MISSING_USERS, Verdict.INVALID_DATA),
        ({"is_control": True}, Refusal.SEVERAL_CONTROLS, Verdict.INVALID_DATA),
        ({"expected_share": 0.0}, Refusal.BAD_SHARES, Verdict.INVALID_DATA),
        ({"expected_share": None}, Refusal.BAD_SHARES, Verdict.INVALID_DATA),
        ({"conversions": None}, Refusal.MISSING_TOTALS, Verdict.INVALID_DATA),
        ({"conversions": 1001}, Refusal.IMPOSSIBLE_CONVERSIONS, Verdict.INVALID_DATA),
        ({"conversions": 9}, Refusal.TOO_FEW_CONVERSIONS, Verdict.NOT_ENOUGH_DATA),
        ({"variant": "A"}, Refusal.REPEATED_VARIANT, Verdict.INVALID_DATA),
    ],
)
def test_withheld_by_name(change: dict[str, Any], refusal: Refusal, verdict: Verdict) -> None:
    for result in read_out(pair(**change)):
        assert (result.status, result.refusal, result.verdict) == ("withheld", refusal, verdict)
        assert result.withheld_reason
        shown = (result.lift, result.lift_low, result.lift_se, result.p_value, result.mean_control)
        assert shown == (None,) * 5


@pytest.mark.parametrize(
    ("totals", "refusal"),
    [
        ((5000.0, None), Refusal.MISSING_VARIANCE),
        ((5000.0, 24_999.0), Refusal.NEGATIVE_VARIANCE),
        ((5000.0, 25_000.0), Refusal.ZERO_VARIANCE),
        ((0.0, 0.0), Refusal.ZERO_VARIANCE),
    ],
)
def test_values_without_a_usable_variance_are_withheld(
    totals: tuple[float, float | None], refusal: Refusal
) -> None:
    # 1,000 users with a sum of 5,000 need a sum of squares above 5,000² / 1,000 = 25,000.
    good = {"conversions": None, "value_sum": 5000.0, "value_sum_squares": 45_000.0}
    bad = {**good, "value_sum": totals[0], "value_sum_squares": totals[1]}
    table = pd.DataFrame([row("A", is_control=True, **good), row("B", **bad)])
    assert only(table).refusal is refusal
    fixed = pd.DataFrame([row("A", is_control=True, **good), row("B", **good)])
    assert only(fixed).status == "read out"


def test_small_groups_are_not_read_out() -> None:
    table = pd.DataFrame(
        [row("A", is_control=True, users=90, conversions=30), row("B", users=90, conversions=40)]
    )
    assert only(table).refusal is Refusal.TOO_FEW_USERS
    assert only(table, min_users=50).status == "read out"


def test_control_with_a_negative_mean_has_no_relative_lift() -> None:
    values = {"value_sum": -100.0, "value_sum_squares": 5_000.0}
    table = pd.DataFrame([row("A", is_control=True, **values), row("B", **values)])
    assert only(table).refusal is Refusal.NO_RELATIVE_LIFT


def test_treatment_mean_of_almost_zero_is_read_out() -> None:
    control = {"value_sum": 5_000.0, "value_sum_squares": 45_000.0}
    treatment = {"value_sum": 0.01, "value_sum_squares": 20_000.0}
    table = pd.DataFrame([row("A", is_control=True, **control), row("B", **treatment)])
    assert only(table).lift == pytest.approx(-1, abs=1e-4)


def test_no_control_and_no_treatment_are_named() -> None:
    table = pair()
    assert only(table[table["is_control"]]).refusal is Refusal.NO_TREATMENT
    assert only(table[~table["is_control"]]).refusal is Refusal.NO_CONTROL


def test_broken_split_hides_an_effect_that_would_have_been_shown() -> None:
    table = pair(users=1300, conversions=260)
    assert only(table).lift is None
    assert "was planned" in str(only(table).withheld_reason)
    assert only(table, sample_ratio_threshold=1e-30).lift == pytest.approx(1.0)


# --- whole tables ---------------------------------------------------------------------------


def test_p_values_of_one_experiment_are_corrected_together() -> None:
    """Holm by hand: the smallest p of three is multiplied by 3, the next by 2, the last by 1."""
    metrics = {"one": 140, "two": 132, "three": 128}
    rows = []
    for metric, conversions in metrics.items():
        rows += [
            row("A", is_control=True, metric=metric),
            row("B", metric=metric, conversions=conversions),
        ]
    results = sorted(read_out(pd.DataFrame(rows)), key=lambda one: one.p_value or 1)
    p = [one.p_value or math.nan for one in results]
    first, second = 3 * p[0], max(3 * p[0], 2 * p[1])
    expected = [first, second, max(second, p[2])]
    assert [one.p_value_adjusted for one in results] == pytest.approx(expected)
    assert p[1] < 0.05 < expected[1]
    assert [one.verdict for one in results][:2] == [Verdict.MOVES, Verdict.NOT_ENOUGH_DATA]


def test_another_experiment_does_not_change_the_correction() -> None:
    alone = only(pair())
    other = pair().assign(experiment="ranker 8")
    both = read_out(pd.concat([pair(), other]))
    assert both[0] == alone


def test_every_variant_is_compared_with_the_control() -> None:
    table = pd.DataFrame(
        [
            row("A", is_control=True, expected_share=0.4, users=4000, conversions=400),
            row("B", expected_share=0.4, users=4000, conversions=480),
            row("C", expected_share=0.2, users=2000, conversions=200),
        ]
    )
    second, third = read_out(table)
    assert (second.variant, third.variant) == ("B", "C")
    assert (second.lift, third.lift) == (pytest.approx(0.2), pytest.approx(0.0))
    assert (second.expected_share, third.expected_share) == (0.4, 0.2)
    assert second.sample_ratio_p == pytest.approx(1.0)
    broken = read_out(table.assign(users=[4000, 4000, 2400]))
    assert {one.refusal for one in broken} == {Refusal.SAMPLE_RATIO}


def test_unrecorded_shares_are_taken_as_even_and_said_so() -> None:
    result = only(pair().assign(expected_share=None))
    assert result.expected_share == 0.5
    assert any("even split" in caveat for caveat in result.caveats)


def test_value_counts_before_conversions_unless_it_is_empty() -> None:
    values = {"value_sum": 5000.0, "value_sum_squares": 45_000.0}
    table = pd.DataFrame([row("A", is_control=True, **values), row("B", **values)])
    assert only(table).measure is Measure.VALUE
    assert only(table.assign(value_sum=0.0, value_sum_squares=0.0)).measure is Measure.CONVERSION


def test_repeated_delivery_of_the_same_rows_changes_nothing() -> None:
    assert read_out(pd.concat([pair(), pair()])) == read_out(pair())


def test_order_of_rows_changes_nothing() -> None:
    assert read_out(pair()[::-1]) == read_out(pair())


def test_days_are_told_in_the_hubs_time_zone() -> None:
    assert only(pair()).started_on == dt.date(2025, 3, 1)
    assert only(pair(), time_zone="Europe/Berlin").started_on == dt.date(2025, 3, 2)
    assert only(pair().assign(ended_at=None)).ended_on is None


def test_offline_gain_is_found_on_either_row() -> None:
    offline = {"offline_metric": "ndcg_at_10", "offline_delta": 0.012, "offline_se": 0.002}
    on_treatment = only(pair(**offline))
    on_control = only(pd.DataFrame([row("A", is_control=True, **offline), row("B")]))
    for result in (on_treatment, on_control):
        found = (result.offline_metric, result.offline_delta, result.offline_se)
        assert found == ("ndcg_at_10", 0.012, 0.002)


def test_blunt_experiment_says_not_enough_and_a_large_one_no_evidence() -> None:
    assert only(pair(conversions=101)).verdict is Verdict.NOT_ENOUGH_DATA
    large = pair(conversions=10).assign(users=10**8, conversions=[10**7, 10**7])
    assert only(large).verdict is Verdict.NO_EVIDENCE


def test_empty_table_has_nothing_to_read_out() -> None:
    assert read_out(pair().head(0)) == ()


def test_misuse_names_the_argument() -> None:
    with pytest.raises(ValueError, match="is_control, users"):
        read_out(pair().drop(columns=["is_control", "users"]))
    with pytest.raises(TypeError, match="table"):
        read_out([1, 2])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="smallest_lift"):
        read_out(pair(), smallest_lift=0)
    with pytest.raises(ValueError, match="sample_ratio_threshold"):
        read_out(pair(), sample_ratio_threshold=2)


_NUMBER = st.none() | st.floats() | st.integers(-5, 10**6)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "experiment": st.sampled_from(["x", "y", None]),
                "variant": st.sampled_from(["A", "B", None]),
                "is_control": st.sampled_from([True, False, None]),
                "metric": st.sampled_from(["m", None]),
                "users": _NUMBER,
                "expected_share": _NUMBER,
                "conversions": _NUMBER,
                "value_sum": _NUMBER,
                "value_sum_squares": _NUMBER,
                "offline_delta": _NUMBER,
            }
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_data_whatever_makes_it_raise(rows: list[dict[str, Any]]) -> None:
    for result in read_out(pd.DataFrame(rows)):
        assert (result.lift is None) == (result.status == "withheld")
        assert (result.withheld_reason is None) == (result.status == "read out")
        assert result.verdict_reason


# --- real experiments -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def asos() -> pd.DataFrame:
    """Last snapshot of each of the 99 ASOS pairs and metrics (Liu et al., NeurIPS 2021)."""
    folder = os.environ.get("BELLWETHER_REAL_DATA")
    if not folder:
        pytest.skip("BELLWETHER_REAL_DATA names no folder of real data")
    snapshots = pd.read_csv(Path(folder) / ASOS).sort_values("time_since_start", kind="stable")
    keys = ["experiment_id", "variant_id", "metric_id"]
    return snapshots.groupby(keys, as_index=False).tail(1)


def asos_as_rows(asos: pd.DataFrame) -> pd.DataFrame:
    sides = []
    for side, name in (("c", "control"), ("t", "treatment")):
        users, mean, variance = (asos[f"{it}_{side}"] for it in ("count", "mean", "variance"))
        sides.append(
            pd.DataFrame(
                {
                    "experiment": asos["experiment_id"] + "/" + asos["variant_id"].astype(str),
                    "variant": name,
                    "is_control": side == "c",
                    "metric": asos["metric_id"].astype(str),
                    "users": users,
                    "expected_share": 0.5,
                    "value_sum": users * mean,
                    "value_sum_squares": (users - 1) * variance + users * mean**2,
                }
            )
        )
    return pd.concat(sides)


def withheld_pairs(results: tuple[ReadOut, ...]) -> set[str]:
    return {one.experiment for one in results if one.refusal is Refusal.SAMPLE_RATIO}


def test_twelve_of_99_asos_pairs_fail_the_sample_ratio(asos: pd.DataFrame) -> None:
    pairs = asos[asos["metric_id"] == 1]
    checks = [
        sample_ratio_check([control, treatment], [0.5, 0.5])
        for control, treatment in zip(pairs["count_c"], pairs["count_t"], strict=True)
    ]
    assert (len(checks), sum(not check.is_ok for check in checks)) == (99, 12)


def test_asos_pairs_are_withheld_or_read_out_with_their_variance(asos: pd.DataFrame) -> None:
    results = read_out(asos_as_rows(asos))
    assert len(results) == 396
    assert len(withheld_pairs(results)) == 12
    without_variance = asos[asos["variance_c"].isna() | asos["variance_t"].isna()]
    refusals = [one.refusal for one in results if one.refusal is not None]
    assert set(refusals) == {Refusal.SAMPLE_RATIO, Refusal.MISSING_VARIANCE}
    assert 0 < refusals.count(Refusal.MISSING_VARIANCE) <= len(without_variance)


def test_asos_count_changes_when_users_are_lost(asos: pd.DataFrame) -> None:
    rows = asos_as_rows(asos)
    is_treatment = rows["variant"] == "treatment"
    rows["users"] = np.where(is_treatment, rows["users"] * 0.98, rows["users"])
    assert len(withheld_pairs(read_out(rows))) > 40
