"""Are experiments read rightly from rows of users, and withheld whenever they must be?"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.experiment_units import UnitMetric, UnitPlan, read_out_units
from analytics.experiments import Guardrail, GuardrailReading, Measure, ReadOut, Refusal, read_out
from analytics.vocabulary import Verdict
from benchmarks.experiment_units import coverage, simulate_units

PLAN = UnitPlan("ranker 7", "A", shares={"A": 1, "B": 1})
SPENT = UnitMetric("spent", "spent")
SPENT_CUPED = UnitMetric("spent", "spent", value_before="spent_before")
RATE = UnitMetric("rate", "orders", "sessions", "orders_before", "sessions_before")


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """2,000 users with orders, sessions and revenue, and the same from before the start."""
    data = tt.make_users_data(rng=42, covariates=True, n_users=2_000).to_pandas()
    return data.assign(variant=np.where(data["variant"] == 1, "B", "A"))


def only(units: pd.DataFrame, metric: UnitMetric, plan: UnitPlan = PLAN, **options: Any) -> ReadOut:
    (found,) = read_out_units(units, plan, metrics=[metric], **options)
    return found


# --- by hand and against tea-tasting --------------------------------------------------------


def test_adjusted_lift_by_hand() -> None:
    """Before: 0 or 2 for half of each variant. After: one more than before, half of each kind
    .5 above and half .5 below that, and the treatment 1.5 more.

    Before, both variants have the mean 1, so the adjustment moves no mean: 2 and 3.5, lift .75.
    The slope is [sum of (x - 1)(y - mean)] / [sum of (x - 1)²] = 200 / 200 = 1, so of the
    variance 1 + .25 the .25 of the halves is left.
    """
    before = np.tile([0.0, 0.0, 2.0, 2.0], 50)
    noise = np.tile([-0.5, 0.5], 100)
    variant = np.repeat(["A", "B"], 100)
    after = 1 + before + noise + np.where(variant == "B", 1.5, 0.0)
    units = pd.DataFrame(
        {"user": np.arange(200), "variant": variant, "spent": after, "spent_before": before}
    )
    found = only(units, SPENT_CUPED)
    # Residual variance .25 · 100/99 a side, so each squared error is .25/99 and the difference
    # 1.5 has the error sqrt(.5/99) = .0710669; before the adjustment it is sqrt(2.5/99).
    assert (found.mean_control, found.mean_treatment) == (pytest.approx(2), pytest.approx(3.5))
    assert found.lift == pytest.approx(0.75)
    assert found.variance_reduction == pytest.approx(1 - 0.25 / 1.25)
    # The pooled pre-period term (1² · var 200/199 / 200 = 1/199) is common to both means:
    # se² = [.25/99 + 1/199 - 2 · 1.75/199 + 1.75² (.25/99 + 1/199)] / 2².
    expected = (0.25 / 99 + 1 / 199 - 3.5 / 199 + 1.75**2 * (0.25 / 99 + 1 / 199)) / 4
    assert found.lift_se == pytest.approx(math.sqrt(expected))


@pytest.mark.parametrize(
    ("metric", "theirs"),
    [
        (UnitMetric("m", "revenue"), tt.Mean("revenue")),
        (
            UnitMetric("m", "revenue", value_before="revenue_covariate"),
            tt.Mean("revenue", "revenue_covariate"),
        ),
        (UnitMetric("m", "orders", "sessions"), tt.RatioOfMeans("orders", "sessions")),
        (
            UnitMetric("m", "orders", "sessions", "orders_covariate", "sessions_covariate"),
            tt.RatioOfMeans("orders", "sessions", "orders_covariate", "sessions_covariate"),
        ),
        (
            UnitMetric("m", "orders", "sessions", "orders_covariate"),
            tt.RatioOfMeans("orders", "sessions", "orders_covariate"),
        ),
    ],
)
def test_means_and_p_values_are_those_of_tea_tasting(
    shop: pd.DataFrame, metric: UnitMetric, theirs: tt.RatioOfMeans
) -> None:
    ours = only(shop, metric)
    expected = theirs.analyze(shop, "A", "B", "variant")
    assert ours.mean_control == pytest.approx(expected.control)
    assert ours.mean_treatment == pytest.approx(expected.treatment)
    assert ours.lift == pytest.approx(expected.rel_effect_size)
    assert ours.p_value == pytest.approx(expected.pvalue)
    # Fieller's bounds and tea-tasting's log-scale bounds agree to second order only.
    width = expected.rel_effect_size_ci_upper - expected.rel_effect_size_ci_lower
    assert ours.lift_low == pytest.approx(expected.rel_effect_size_ci_lower, abs=0.05 * width)
    assert ours.lift_high == pytest.approx(expected.rel_effect_size_ci_upper, abs=0.05 * width)


def test_users_one_by_one_and_their_sums_are_read_alike(shop: pd.DataFrame) -> None:
    sides = shop.groupby("variant")["revenue"]
    table = pd.DataFrame(
        {
            "users": sides.size(),
            "value_sum": sides.sum(),
            "value_sum_squares": sides.apply(lambda values: float((values**2).sum())),
        }
    ).reset_index()
    table = table.assign(
        experiment="ranker 7", metric="spent", is_control=table["variant"] == "A", expected_share=1
    )
    (aggregate,) = read_out(table)
    one_by_one = only(shop, UnitMetric("spent", "revenue"))
    for name in ("lift", "lift_low", "lift_high", "lift_se", "p_value", "sample_ratio_p"):
        assert getattr(one_by_one, name) == pytest.approx(getattr(aggregate, name)), name
    assert one_by_one.verdict is aggregate.verdict
    assert one_by_one.measure is Measure.VALUE


def test_zeros_and_ones_are_a_rate(shop: pd.DataFrame) -> None:
    bought = shop.assign(bought=(shop["orders"] > 0).astype(int))
    assert only(bought, UnitMetric("bought", "bought")).measure is Measure.CONVERSION
    rare = shop.assign(bought=np.where(np.arange(len(shop)) < 12, 1, 0))
    assert only(rare, UnitMetric("bought", "bought")).refusal is Refusal.TOO_FEW_CONVERSIONS


# --- the pre-period -------------------------------------------------------------------------


def test_pre_period_narrows_the_interval_and_says_by_how_much() -> None:
    units = simulate_units(np.random.default_rng(3), n_users=4_000, lift=0.05)
    plain, adjusted = only(units, SPENT), only(units, SPENT_CUPED)
    assert plain.lift_se is not None
    assert adjusted.lift_se is not None
    # The simulated correlation is .7, so about half of the variance is known beforehand.
    assert adjusted.variance_reduction == pytest.approx(0.49, abs=0.06)
    assert (adjusted.lift_se / plain.lift_se) ** 2 == pytest.approx(0.51, abs=0.09)
    assert plain.variance_reduction is None


def test_unrelated_pre_period_neither_helps_nor_harms() -> None:
    units = simulate_units(np.random.default_rng(4), n_users=4_000)
    units["spent_before"] = np.random.default_rng(5).permutation(units["spent_before"])
    adjusted = only(units, SPENT_CUPED)
    assert adjusted.variance_reduction == pytest.approx(0.0, abs=0.005)
    assert adjusted.lift == pytest.approx(only(units, SPENT).lift, abs=0.01)


def test_new_users_without_a_pre_period_are_kept_and_counted() -> None:
    units = simulate_units(np.random.default_rng(6), n_users=4_000)
    units.loc[::4, "spent_before"] = np.nan
    found = only(units, SPENT_CUPED)
    assert found.users_control == 2_000
    assert 0.25 < (found.variance_reduction or 0) < 0.45
    assert any("1,000 users have no pre-period figure" in caveat for caveat in found.caveats)


@pytest.mark.parametrize("before", [7.0, np.nan])
def test_constant_or_absent_pre_period_is_not_used(before: float) -> None:
    units = simulate_units(np.random.default_rng(7), n_users=2_000).assign(spent_before=before)
    found = only(units, SPENT_CUPED)
    assert found.variance_reduction is None
    assert found.lift == only(units, SPENT).lift
    assert any("not used" in caveat for caveat in found.caveats)


def test_pre_period_that_already_differed_is_withheld() -> None:
    units = simulate_units(np.random.default_rng(8), n_users=4_000)
    is_treated = units["variant"] == "B"
    units.loc[is_treated, "spent_before"] *= 1.3
    found = only(units, SPENT_CUPED)
    assert (found.refusal, found.verdict) == (Refusal.UNEVEN_BEFORE, Verdict.INVALID_DATA)
    assert found.lift is None


def test_pre_period_that_is_the_outcome_itself_is_withheld() -> None:
    units = simulate_units(np.random.default_rng(9), n_users=2_000)
    found = only(units.assign(spent_before=units["spent"] * 2), SPENT_CUPED)
    assert found.refusal is Refusal.ZERO_VARIANCE


# --- what is withheld -----------------------------------------------------------------------


def test_broken_split_is_withheld_before_anything_is_read() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=4_000, lift=0.5)
    lost = units[~((units["variant"] == "B") & (units.index % 8 == 1))]
    found = only(lost, SPENT)
    assert (found.refusal, found.lift, found.verdict) == (
        Refusal.SAMPLE_RATIO,
        None,
        Verdict.INVALID_DATA,
    )
    assert found.sample_ratio_p is not None
    as_planned = UnitPlan("ranker 7", "A", shares={"A": 4, "B": 3})
    assert only(lost, SPENT, as_planned).lift is not None


def test_values_lost_in_one_variant_are_withheld_though_the_split_is_right() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=4_000)
    units.loc[(units["variant"] == "B") & (units.index % 8 == 1), "spent"] = np.nan
    assert only(units, SPENT).refusal is Refusal.MISSING_VALUES
    evenly = simulate_units(np.random.default_rng(1), n_users=4_000)
    evenly.loc[::10, "spent"] = np.nan
    evenly.loc[1::10, "spent"] = np.nan
    found = only(evenly, SPENT)
    assert found.status == "read out"
    assert any("needs a zero" in caveat for caveat in found.caveats)


def test_users_in_both_variants_are_left_out_or_spoil_the_experiment() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=4_000)

    def crossed(n: int) -> pd.DataFrame:
        again = units[units["variant"] == "A"].head(n).assign(variant="B")
        return pd.concat([units, again])

    few = only(crossed(10), SPENT)
    assert (few.status, few.users_control, few.users_treatment) == ("read out", 1_990, 2_000)
    assert any(caveat.startswith("10 users seen in more") for caveat in few.caveats)
    assert only(crossed(60), SPENT).refusal is Refusal.CROSSED_USERS


def test_repeated_rows_count_once_and_contradicting_ones_are_withheld() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=1_000)
    twice = pd.concat([units, units.head(50)])
    assert only(twice, SPENT) == only(units, SPENT)
    other = pd.concat([units, units.head(5).assign(spent=1.0)])
    assert only(other, SPENT).refusal is Refusal.REPEATED_USER


def test_unsafe_denominators_are_withheld() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=2_000)
    metric = UnitMetric("rate", "spent", "sessions")
    rare = units.assign(sessions=np.where(units.index % 50 < 2, 1.0, 0.0))
    assert only(rare, metric).refusal is Refusal.TOO_FEW_USERS
    assert only(units.assign(sessions=0.0), metric).refusal is Refusal.NO_RELATIVE_LIFT
    assert only(units.assign(sessions=1.0), metric).lift == pytest.approx(only(units, SPENT).lift)
    proportional = units.assign(sessions=units["spent"] / 2)
    assert only(proportional, metric).refusal is Refusal.ZERO_VARIANCE


@pytest.mark.parametrize(
    ("plan", "refusal"),
    [
        (UnitPlan("x", "control"), Refusal.NO_CONTROL),
        (UnitPlan("x", "A", shares={"A": 1, "B": 1, "C": 1}), Refusal.SAMPLE_RATIO),
        (UnitPlan("x", "A", shares={"A": 1}), Refusal.BAD_SHARES),
        (UnitPlan("x", "A", shares={"A": 1, "B": -1}), Refusal.BAD_SHARES),
    ],
)
def test_plans_that_do_not_fit_the_users_are_withheld(plan: UnitPlan, refusal: Refusal) -> None:
    units = simulate_units(np.random.default_rng(1), n_users=1_000)
    assert {one.refusal for one in read_out_units(units, plan, metrics=[SPENT])} == {refusal}


def test_one_variant_alone_and_no_users_at_all() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=1_000)
    alone = units[units["variant"] == "A"]
    assert only(alone, SPENT, UnitPlan("x", "A")).refusal is Refusal.NO_TREATMENT
    assert only(units.head(0), SPENT, UnitPlan("x", "A")).refusal is Refusal.NO_CONTROL
    assert only(units.head(60), SPENT).refusal is Refusal.TOO_FEW_USERS


# --- several metrics and variants -----------------------------------------------------------


def test_metrics_and_variants_are_corrected_together_and_guardrails_read() -> None:
    units = simulate_units(np.random.default_rng(2), n_users=9_000, lift=0.1, variants="ABC")
    plan = UnitPlan("x", "A", shares=dict.fromkeys("ABC", 1 / 3))
    metrics = [UnitMetric("spent", "spent", value_before="spent_before"), UnitMetric("n", "visits")]
    found = read_out_units(units, plan, metrics=metrics, guardrails={"n": Guardrail(0.1)})
    assert [(one.metric, one.variant) for one in found] == [
        ("n", "B"),
        ("n", "C"),
        ("spent", "B"),
        ("spent", "C"),
    ]
    p = sorted(one.p_value or 1.0 for one in found)
    holm = np.minimum(np.maximum.accumulate(np.array(p) * [4, 3, 2, 1]), 1.0)
    assert sorted(one.p_value_adjusted or 1.0 for one in found) == pytest.approx(list(holm))
    assert [one.verdict for one in found[2:]] == [Verdict.MOVES] * 2
    assert [one.guardrail for one in found] == [GuardrailReading.HELD] * 2 + [None] * 2


def test_a_guardrail_that_was_not_reported_is_told() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=1_000)
    (found,) = read_out_units(
        units, PLAN, metrics=[SPENT], guardrails={"latency": Guardrail(0.1, "down")}
    )
    assert found.guardrail is None
    assert found.status == "read out"
    assert "Guardrail 'latency' was not reported for this experiment." in found.caveats


def test_plan_is_handed_on() -> None:
    plan = UnitPlan(
        "x",
        "A",
        model="recommender",
        started_on=dt.date(2025, 3, 1),
        offline_metric="ndcg_at_10",
        offline_gains={"B": (0.012, math.nan)},
    )
    found = only(simulate_units(np.random.default_rng(1), n_users=1_000), SPENT, plan)
    assert (found.model, found.started_on) == ("recommender", dt.date(2025, 3, 1))
    told = (found.offline_metric, found.offline_delta, found.offline_se)
    assert told == ("ndcg_at_10", 0.012, None)
    assert found.expected_share == 0.5


# --- properties, misuse ---------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1_000), scale=st.floats(1e-3, 1e6))
def test_unit_of_the_outcome_and_order_of_users_change_nothing(seed: int, scale: float) -> None:
    units = simulate_units(np.random.default_rng(seed), n_users=600)
    scaled = units.assign(spent=units["spent"] * scale).sample(frac=1, random_state=seed)
    one, other = only(units, SPENT_CUPED), only(scaled, SPENT_CUPED)
    assert other.refusal is one.refusal
    if one.lift is not None:
        assert other.lift == pytest.approx(one.lift, abs=1e-8)
        assert other.p_value == pytest.approx(one.p_value, abs=1e-8)


_ANY = st.none() | st.floats() | st.integers(-3, 3) | st.text(max_size=2)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "user": st.integers(0, 400) | st.none(),
                "variant": st.sampled_from(["A", "B", "B", None]),
                "orders": _ANY,
                "sessions": _ANY,
                "orders_before": _ANY,
                "sessions_before": _ANY,
            }
        ),
        max_size=30,
    )
)
def test_no_data_whatever_makes_it_raise(rows: list[dict[str, Any]]) -> None:
    columns = ["user", "variant", "orders", "sessions", "orders_before", "sessions_before"]
    units = pd.DataFrame(rows, columns=columns)
    metrics = [RATE, UnitMetric("orders", "orders", value_before="orders_before")]
    plan = UnitPlan("x", "A")
    for found in read_out_units(
        units, plan, metrics=metrics, min_users=2, sample_ratio_threshold=1e-9
    ):
        assert (found.lift is None) == (found.status == "withheld")
        assert found.verdict_reason


def test_misuse_names_the_argument() -> None:
    units = simulate_units(np.random.default_rng(1), n_users=200)
    with pytest.raises(TypeError, match="units"):
        read_out_units([1], PLAN, metrics=[SPENT])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="units lacks the columns orders"):
        read_out_units(units, PLAN, metrics=[UnitMetric("o", "orders")])
    with pytest.raises(ValueError, match="metrics"):
        read_out_units(units, PLAN, metrics=[])
    with pytest.raises(ValueError, match="metrics"):
        read_out_units(units, PLAN, metrics=[SPENT, SPENT])
    with pytest.raises(ValueError, match="smallest_lift"):
        read_out_units(units, PLAN, metrics=[SPENT], smallest_lift=-1)
    with pytest.raises(ValueError, match="value_before"):
        UnitMetric("m", "spent", value_before="spent")
    with pytest.raises(ValueError, match="per_before"):
        UnitMetric("m", "spent", per_before="sessions")


# --- simulated truth ------------------------------------------------------------------------


def test_intervals_cover_and_nothing_is_rarely_called_something() -> None:
    # 150 worlds without an effect and 150 with one: three standard errors of a true .05 are
    # .053 and .038.
    found = coverage(n_worlds=150, seed=11)
    for kind in ("plain", "pre-period", "ratio"):
        assert found[kind].false_alarms <= 0.103, kind
        assert found[kind].coverage >= 0.912, kind
    # Why the delta method is needed: the sessions of one user are not independent.
    assert found["sessions as users"].false_alarms > 0.12
