"""Is it seen when experiments on the same users change each other's effects?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.experiment_overlap import Interaction, InteractionVerdict, overlap
from benchmarks.experiment_units import overlap_coverage, simulate_overlap

CONTROLS = {"e0": "A", "e1": "A", "e2": "A"}


def table(**variants: list[str]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"user": range(len(names)), "experiment": name, "variant": names})
        for name, names in variants.items()
    ]
    return pd.concat(parts)


def only(assignments: pd.DataFrame, value: pd.Series, **options: Any) -> Interaction:
    (found,) = overlap(assignments, value, **{"controls": CONTROLS, **options})
    return found


def test_interaction_by_hand() -> None:
    """Means 10 (none), 12 (first only), 13 (second only), 18 (both), each ± 1 for half.

    Effect of the first: 2 alone, 5 beside the second; interaction 3. Variance of each cell of
    200 is 200/199, so se = sqrt(4 / 199) = .141777 with 4 · 199 degrees of freedom.
    """
    first = ["A", "B", "A", "B"] * 200
    second = ["A", "A", "B", "B"] * 200
    noise = np.repeat([-1.0, 1.0], 400)
    value = pd.Series(np.tile([10.0, 12.0, 13.0, 18.0], 200) + noise)
    found = only(table(e0=first, e1=second), value)
    assert found.effect_alone == pytest.approx(2.0)
    assert found.effect_beside == pytest.approx(5.0)
    assert found.interaction == pytest.approx(3.0)
    assert found.se == pytest.approx(math.sqrt(4 / 199))
    assert found.dof == pytest.approx(796.0)
    assert found.high == pytest.approx(3 + 1.96295 * math.sqrt(4 / 199), abs=1e-4)
    assert found.interaction_share == pytest.approx(0.3)
    assert (found.users_in_both, found.share_of_either) == (800, 1.0)
    assert found.independence_p == pytest.approx(1.0)
    assert found.smallest_interaction == pytest.approx(0.2)
    assert found.verdict is InteractionVerdict.INTERACTION
    assert found.verdict_reason == (
        "The effect of 'e0' was +2 without and +5 with 'e1', in the outcome's own unit, per user: "
        "a difference of +3 [95 %: +2.722 to +3.278] (p < 0.001)."
    )
    named = only(table(e0=first, e1=second), value, unit="clicks per user")
    assert named.unit == "clicks per user"
    assert "with 'e1', in clicks per user: a difference" in named.verdict_reason


def test_size_and_error_are_those_of_a_regression_with_robust_errors() -> None:
    """With a dummy for each cell, HC2 errors of least squares are those of the four means."""
    assignments, value, _ = simulate_overlap(
        np.random.default_rng(3), n_users=2_000, interaction=0.2
    )
    wide = assignments.pivot(index="user", columns="experiment", values="variant")
    frame = wide.assign(value=value)
    fit = smf.ols("value ~ C(e0) * C(e1)", frame).fit(cov_type="HC2")
    found = only(assignments, value)
    term = "C(e0)[T.B]:C(e1)[T.B]"
    assert found.interaction == pytest.approx(fit.params[term])
    assert found.se == pytest.approx(fit.bse[term])
    assert found.effect_alone == pytest.approx(fit.params["C(e0)[T.B]"])


def test_exchanging_the_experiments_changes_only_their_names() -> None:
    assignments, value, _ = simulate_overlap(np.random.default_rng(4), n_users=2_000)
    swapped = assignments.assign(experiment=assignments["experiment"].map({"e0": "e1", "e1": "e0"}))
    one, other = only(assignments, value), only(swapped, value)
    assert other.interaction == pytest.approx(one.interaction)
    assert other.p_value == pytest.approx(one.p_value)


def test_shares_of_common_users_by_hand() -> None:
    # Users 0..99 are in the first, 60..259 in the second: 40 in both, 260 in either.
    first = pd.DataFrame({"user": range(100), "experiment": "e0", "variant": ["A", "B"] * 50})
    second = pd.DataFrame(
        {"user": range(60, 260), "experiment": "e1", "variant": ["A", "A", "B", "B"] * 50}
    )
    found = only(pd.concat([first, second]), pd.Series(np.arange(260.0)))
    assert (found.users_in_both, found.share_of_first, found.share_of_second) == (40, 0.4, 0.2)
    assert found.share_of_either == pytest.approx(40 / 260)
    assert found.verdict is InteractionVerdict.NOT_ENOUGH_DATA
    assert "10 users" in found.verdict_reason


def test_exclusive_experiments_share_nobody() -> None:
    assignments, value, _ = simulate_overlap(np.random.default_rng(4), n_users=1_000)
    number = assignments["user"].str[1:].astype(int)
    apart = assignments[(number < 500) == (assignments["experiment"] == "e0")]
    found = only(apart, value)
    assert (found.users_in_both, found.share_of_first) == (0, 0.0)
    assert found.verdict is InteractionVerdict.NOT_ENOUGH_DATA


def test_variants_that_go_together_are_invalid() -> None:
    """The same key of the random split in both: everybody is treated in both or in none."""
    assignments, value, _ = simulate_overlap(np.random.default_rng(5), n_users=1_000)
    first = assignments[assignments["experiment"] == "e0"]
    rng = np.random.default_rng(6)
    other = np.where(rng.random(len(first)) < 0.2, "A", first["variant"])
    tied = pd.concat([first, first.assign(experiment="e1", variant=other)])
    found = only(tied, value)
    assert found.verdict is InteractionVerdict.INVALID_DATA
    assert "go together" in found.verdict_reason
    assert found.interaction is None


def test_outcomes_lost_in_one_combination_are_invalid() -> None:
    assignments, value, _ = simulate_overlap(np.random.default_rng(5), n_users=1_000)
    wide = assignments.pivot(index="user", columns="experiment", values="variant")
    both = wide.index[(wide["e0"] == "B") & (wide["e1"] == "B")]
    lost = value.drop(both[::4])
    assert only(assignments, lost).verdict is InteractionVerdict.INVALID_DATA
    assert only(assignments, value.iloc[::2], min_users=50).interaction is not None


@pytest.mark.parametrize("controls", [{"e0": "A"}, {"e0": "A", "e1": "old"}])
def test_unknown_control_is_said(controls: dict[str, str]) -> None:
    assignments, value, _ = simulate_overlap(np.random.default_rng(5), n_users=1_000)
    found = only(assignments, value, controls=controls)
    assert found.verdict is InteractionVerdict.INVALID_DATA
    assert "control of 'e1'" in found.verdict_reason


def test_large_quiet_experiments_show_no_interaction_and_small_ones_cannot() -> None:
    assignments, value, before = simulate_overlap(np.random.default_rng(10), n_users=60_000)
    large = only(assignments, value, before=before, smallest_lift=0.05)
    assert large.verdict is InteractionVerdict.NO_INTERACTION_SEEN
    assert (large.smallest_detectable or math.inf) <= (large.smallest_interaction or 0)
    small = assignments[assignments["user"].isin(value.index[:1_000])]
    assert only(small, value).verdict is InteractionVerdict.NOT_ENOUGH_DATA


def test_pre_period_narrows_the_interval() -> None:
    assignments, value, before = simulate_overlap(np.random.default_rng(8), n_users=4_000)
    plain, adjusted = only(assignments, value), only(assignments, value, before=before)
    assert plain.se is not None
    assert adjusted.se is not None
    assert adjusted.se < 0.85 * plain.se
    assert only(assignments, value, before=before * 0).se == plain.se


def test_pairs_and_treatments_are_corrected_together() -> None:
    rng = np.random.default_rng(9)
    assignments, value, _ = simulate_overlap(rng, n_users=6_000, n_experiments=3, interaction=0.5)
    is_third = (assignments["experiment"] == "e2") & (assignments["variant"] == "B")
    is_third &= assignments["user"].str[-1].isin(list("02468"))
    found = overlap(
        assignments.assign(variant=assignments["variant"].mask(is_third, "C")),
        value,
        controls=CONTROLS,
    )
    assert [(one.first, one.second, one.variant_of_second) for one in found] == [
        ("e0", "e1", "B"),
        ("e0", "e2", "B"),
        ("e0", "e2", "C"),
        ("e1", "e2", "B"),
        ("e1", "e2", "C"),
    ]
    assert found[0].p_value is not None
    assert found[0].p_value_adjusted == pytest.approx(5 * found[0].p_value)
    assert found[0].verdict is InteractionVerdict.INTERACTION
    assert {one.verdict for one in found[1:]} == {InteractionVerdict.NOT_ENOUGH_DATA}


def test_users_with_two_variants_are_left_out_of_that_experiment() -> None:
    assignments, value, _ = simulate_overlap(np.random.default_rng(5), n_users=1_000)
    again = assignments.head(3).assign(variant="C")
    found = only(pd.concat([assignments, again, assignments.tail(5)]), value)
    assert found.users_in_both == 997
    assert any(caveat.startswith("3 users") for caveat in found.caveats)


def test_rare_conversions_are_not_enough() -> None:
    assignments, value, _ = simulate_overlap(np.random.default_rng(5), n_users=1_000)
    rare = pd.Series(np.where(np.arange(1_000) % 50 == 0, 1.0, 0.0), value.index)
    assert "converted" in only(assignments, rare).verdict_reason
    assert only(assignments, rare * 0 + 3).verdict is InteractionVerdict.INVALID_DATA


_WORD = st.sampled_from(["A", "B", "C", None])


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["x", "y", None]), _WORD)),
    values=st.lists(st.none() | st.floats(), max_size=10),
)
def test_no_data_whatever_makes_it_raise(
    rows: list[tuple[int, str | None, str | None]], values: list[float | None]
) -> None:
    assignments = pd.DataFrame(rows, columns=["user", "experiment", "variant"])
    found = overlap(
        assignments,
        pd.Series(values, dtype="float64"),
        controls={"x": "A", "y": "A"},
        before=pd.Series(values, dtype="float64"),
        min_users=2,
    )
    for one in found:
        assert one.verdict_reason
        assert 0 <= one.share_of_either <= min(one.share_of_first, one.share_of_second) + 1e-12


def test_misuse_names_the_argument() -> None:
    assignments, value, _ = simulate_overlap(np.random.default_rng(5), n_users=200)
    with pytest.raises(TypeError, match="assignments"):
        overlap([1], value, controls=CONTROLS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="assignments lacks the columns variant"):
        overlap(assignments.drop(columns="variant"), value, controls=CONTROLS)
    with pytest.raises(TypeError, match="outcome"):
        overlap(assignments, [1.0], controls=CONTROLS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="before"):
        overlap(assignments, value, controls=CONTROLS, before=pd.concat([value, value]))
    with pytest.raises(ValueError, match="smallest_lift"):
        overlap(assignments, value, controls=CONTROLS, smallest_lift=0)


def test_interactions_are_rarely_imagined_and_their_intervals_cover() -> None:
    # 120 worlds of three pairs without an interaction, 240 intervals: three standard errors of
    # a true .05 are .060 and .042.
    figures = overlap_coverage(n_worlds=240, seed=2)
    assert figures.false_alarms <= 0.11
    assert figures.coverage >= 0.908
