"""Is a split of users judged rightly, and the difference of two means stated rightly?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st
from tea_tasting.aggr import Aggregates

from analytics.experiments import VariantTotals, relative_lift, sample_ratio_check

# --- the split ------------------------------------------------------------------------------


def test_sample_ratio_by_hand() -> None:
    # 5,000 and 5,300 users, 5,150 planned each: (150² / 5150) · 2 = 8.7379 with 1 degree.
    check = sample_ratio_check([5000, 5300], [0.5, 0.5])
    assert check.statistic == pytest.approx(8.737864, abs=1e-6)
    assert check.p_value == pytest.approx(0.003117, abs=1e-5)
    assert check.expected_counts == (5150.0, 5150.0)
    assert check.is_ok
    assert not sample_ratio_check([5000, 5400], [0.5, 0.5]).is_ok


def test_three_way_split_is_tested_as_one() -> None:
    # 90 : 5 : 5 planned, 9,000 : 400 : 600 seen: 0 + 100²/500 + 100²/500 = 40 with 2 degrees.
    check = sample_ratio_check([9000, 400, 600], [90, 5, 5])
    assert (check.statistic, check.dof) == (pytest.approx(40.0), 2)
    assert check.p_value == pytest.approx(math.exp(-20.0))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([1, 2], [1.0]), "expected_shares"),
        (([5], [1.0]), "counts"),
        (([5, -1], [0.5, 0.5]), "counts"),
        (([0, 0], [0.5, 0.5]), "counts"),
        (([5, 5], [1.0, 0.0]), "expected_shares"),
    ],
)
def test_sample_ratio_misuse_names_the_argument(arguments: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        sample_ratio_check(*arguments)


def test_sample_ratio_threshold_must_be_a_probability() -> None:
    with pytest.raises(ValueError, match="threshold"):
        sample_ratio_check([5, 5], [1, 1], threshold=0)


def test_even_splits_are_rarely_called_broken() -> None:
    counts = np.random.default_rng(3).binomial(20_000, 0.5, 2_000)
    p_values = [sample_ratio_check([n, 20_000 - n], [1, 1]).p_value for n in counts]
    assert 0.03 < np.mean(np.array(p_values) < 0.05) < 0.07


# --- the lift of one comparison -------------------------------------------------------------


def test_test_agrees_with_tea_tasting() -> None:
    control = VariantTotals("A", 5000, value_sum=25_000.0, value_sum_squares=225_000.0)
    treatment = VariantTotals("B", 4000, value_sum=20_600.0, value_sum_squares=190_000.0)
    theirs = tt.Mean("v", equal_var=False, use_t=True).analyze_aggregates(
        *(
            Aggregates(
                count_=int(one.users),
                mean_={"v": one.value_sum / one.users},
                var_={
                    "v": (one.value_sum_squares - one.value_sum**2 / one.users) / (one.users - 1)
                },
            )
            for one in (control, treatment)
        )
    )
    ours = relative_lift(control, treatment)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.lift == pytest.approx(theirs.rel_effect_size, rel=1e-9)
    # Their interval is on the log scale: the same to first order, not to the last digit.
    assert ours.low == pytest.approx(theirs.rel_effect_size_ci_lower, abs=1e-3)
    assert ours.high == pytest.approx(theirs.rel_effect_size_ci_upper, abs=1e-3)


def value_totals(variant: str, users: int, mean: float, sd: float) -> VariantTotals:
    squares = sd**2 * (users - 1) + users * mean**2
    return VariantTotals(variant, users, value_sum=users * mean, value_sum_squares=squares)


@settings(max_examples=60, deadline=None)
@given(
    mean=st.floats(1, 100),
    ratio=st.floats(0.7, 1.4),
    cv=st.floats(0.3, 3),
    users=st.integers(1_000, 50_000),
    scale=st.floats(1e-3, 1e3),
)
def test_interval_leaves_out_zero_exactly_when_the_test_rejects(
    mean: float, ratio: float, cv: float, users: int, scale: float
) -> None:
    def answer(unit: float) -> Any:
        return relative_lift(
            value_totals("A", users, mean * unit, mean * unit * cv),
            value_totals("B", users, mean * unit * ratio, mean * unit * cv),
        )

    one = answer(1.0)
    assert one.low < one.lift < one.high
    if abs(one.p_value - 0.05) > 1e-9:
        assert (one.p_value < 0.05) == (one.low > 0 or one.high < 0)
    # The currency of a value does not change a relative lift.
    assert answer(scale).low == pytest.approx(one.low, rel=1e-4, abs=1e-6)


def test_interval_of_skewed_values_covers_the_true_lift() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(400):
        totals = []
        for mean in (5.0, 5.5):
            values = rng.exponential(mean, 400) * (rng.random(400) < 0.5)
            totals.append(VariantTotals("x", 400, np.nan, values.sum(), (values**2).sum()))
        lift = relative_lift(*totals)
        covered += lift.low <= 0.1 <= lift.high
    assert 0.92 <= covered / 400 <= 0.98
