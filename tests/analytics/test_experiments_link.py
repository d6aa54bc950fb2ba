"""Does the link across experiments find what is true, and admit what it cannot know?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from analytics.experiment_link import SELECTION_CAVEAT
from analytics.experiment_ratio import UncertainPair, ratio_interval, ratio_standard_error
from analytics.experiment_regression import reml_tau_squared
from analytics.experiments import ExperimentLink, experiment_link
from analytics.vocabulary import Verdict
from benchmarks.experiments import Answer, Family, answer_by_hub, simulate

# Vaccinated ill / well, unvaccinated ill / well, absolute latitude of the 13 trials of the BCG
# vaccine (Colditz et al., JAMA 271, 1994).
BCG = [
    (4, 119, 11, 128, 44),
    (6, 300, 29, 274, 55),
    (3, 228, 11, 209, 42),
    (62, 13536, 248, 12619, 52),
    (33, 5036, 47, 5761, 13),
    (180, 1361, 372, 1079, 44),
    (8, 2537, 10, 619, 19),
    (505, 87886, 499, 87892, 13),
    (29, 7470, 45, 7232, 27),
    (17, 1699, 65, 1600, 42),
    (186, 50448, 141, 27197, 18),
    (5, 2493, 3, 2338, 33),
    (27, 16886, 29, 17825, 33),
]


def bcg_table() -> pd.DataFrame:
    """Log risk ratios as lifts, latitude as an offline delta known exactly."""
    rows = []
    for ill, well, ill_control, well_control, latitude in BCG:
        users, users_control = ill + well, ill_control + well_control
        log_ratio = math.log(ill / users) - math.log(ill_control / users_control)
        variance = 1 / ill - 1 / users + 1 / ill_control - 1 / users_control
        rows.append((latitude, 0.0, log_ratio, math.sqrt(variance)))
    return pd.DataFrame(rows, columns=["offline_delta", "offline_se", "lift", "lift_se"])


def worked_table() -> pd.DataFrame:
    """Ten experiments whose answer can be worked out by hand, see the tests that use it."""
    gain = np.arange(-9, 10, 2) / 1000
    residual = 0.01 * np.array([1, -1, -1, 1, 0, 0, 1, -1, -1, 1])
    return pd.DataFrame(
        {
            "offline_delta": gain,
            "offline_se": math.sqrt(0.2 * 330e-6 / 9),
            "lift": 0.002 + 2 * gain + residual,
            "lift_se": 0.006,
        }
    )


def world(seed: int, *, slope: float, **options: Any) -> pd.DataFrame:
    family = Family("test", **{"n_experiments": 12, **options})
    return simulate(np.random.default_rng([5, seed]), family, slope=slope)


# --- against numbers from elsewhere ---------------------------------------------------------


def test_link_by_hand() -> None:
    """Equal errors make every step a formula.

    Deltas -9, -7 … 9 (thousandths): S = 330e-6. Lift = .002 + 2 · delta + r with
    r = .01 · (+ - - + 0 0 + - - +), orthogonal to constant and delta, so b = 2 and
    RSS / 8 = 8 · 1e-4 / 8 = 1e-4.
    REML: tau² = 1e-4 - .006² = .64e-4, tau = .008. se(b) = .01 / sqrt(330e-6) = .550482.
    Reliability: error variance is a fifth of S / 9, so .8; its se .2 · sqrt(2 / 9) = .0942809.
    Effect = 2 / .8 = 2.5. Fieller with t(8) = 2.306004, t² = 5.317655: leading
    .64 - 5.317655 · .00888889 = .592732, middle 1.6, constant 4 - 5.317655 · .303030 = 2.388590,
    root sqrt(2.56 - 1.415794) = 1.069676: from .894711 to 4.504018.
    p: t = 2 / .550482 = 3.633180 with 8 degrees.
    Smallest effect: .02 at the median |delta| of .005 is 4.
    """
    link = experiment_link(worked_table())
    assert link.effect == pytest.approx(2.5, rel=1e-6)
    assert link.heterogeneity == pytest.approx(0.008, rel=1e-4)
    assert link.reliability == pytest.approx(0.8, rel=1e-9)
    assert link.reliability_se == pytest.approx(0.0942809, rel=1e-5)
    assert link.effect_low == pytest.approx(0.894711, rel=1e-4)
    assert link.effect_high == pytest.approx(4.504018, rel=1e-4)
    assert link.p_value == pytest.approx(0.006663, rel=2e-3)
    assert link.side_effect == pytest.approx(0.002, rel=1e-6)
    # the deltas are centred on 0, so both lines cross there; only the slope is flatter
    assert link.naive_effect == pytest.approx(2.0, rel=1e-6)
    assert link.naive_side_effect == pytest.approx(0.002, rel=1e-6)
    assert link.smallest_effect == pytest.approx(4.0)
    assert (link.n_experiments, link.verdict) == (10, Verdict.MOVES)


def test_the_plain_line_has_its_own_slope_and_begins_at_its_own_intercept() -> None:
    """With every delta .01 higher both lines pass through the mean (.01, .002): the plain one
    begins at .002 - 2 · .01 = -.018, the corrected one at .002 - 2.5 · .01 = -.023."""
    table = worked_table()
    moved = table.assign(offline_delta=table["offline_delta"] + 0.01)
    link = experiment_link(moved)
    assert link.naive_effect == pytest.approx(2.0, rel=1e-6)
    assert link.naive_side_effect == pytest.approx(-0.018, rel=1e-6)
    assert link.effect == pytest.approx(2.5, rel=1e-6)
    assert link.side_effect == pytest.approx(-0.023, rel=1e-6)


def test_error_correlation_by_hand() -> None:
    """Shared errors alone would give a slope of r · s · se / (S / 9), here
    .5 · .00270801 · .006 / 36.6667e-6 = .221564; (2 - .221564) / .8 = 2.223045."""
    link = experiment_link(worked_table(), error_correlation=0.5)
    assert link.effect == pytest.approx(2.223045, rel=1e-5)


def test_bcg_trials_give_the_published_meta_regression() -> None:
    """Latitude, REML and Knapp-Hartung: tau .2763, slope -.0291 [-.0472, -.0111] at p = .0046,
    intercept .2515.

    Source: the example in the documentation of metafor (W. Viechtbauer, "Conducting
    meta-analyses in R with the metafor package", Journal of Statistical Software 36:3, 2010).
    """
    link = experiment_link(bcg_table())
    assert link.heterogeneity == pytest.approx(0.2763, abs=5e-5)
    assert link.effect == pytest.approx(-0.0291, abs=5e-5)
    assert (link.effect_low, link.effect_high) == pytest.approx((-0.0472, -0.0111), abs=5.1e-5)
    assert link.p_value == pytest.approx(0.0046, abs=5e-5)
    assert link.side_effect == pytest.approx(0.2515, abs=5e-5)
    assert link.verdict is Verdict.MOVES
    perturbed = bcg_table()
    perturbed["lift"] = perturbed["lift"] + np.where(perturbed.index == 0, 0.5, 0.0)
    assert experiment_link(perturbed).effect != pytest.approx(-0.0291, abs=5e-5)


def test_bcg_trials_give_the_published_variance_without_a_slope() -> None:
    """Without a moderator the same article reports a REML tau² of .3132."""
    table = bcg_table()
    variances = table["lift_se"].to_numpy() ** 2
    tau_squared = reml_tau_squared(np.ones((13, 1)), table["lift"].to_numpy(), variances)
    assert tau_squared == pytest.approx(0.3132, abs=5e-5)


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_equal_errors_give_statsmodels_variance_between_experiments(spread: float) -> None:
    # With equal errors REML, Paule-Mandel and DerSimonian-Laird are one estimator.
    outcome = spread * np.random.default_rng(2).standard_normal(12)
    variances = np.full(12, 0.5)
    theirs = combine_effects(outcome, variances, method_re="iterated").tau2
    ours = reml_tau_squared(np.ones((12, 1)), outcome, variances)
    assert ours == pytest.approx(max(theirs, 0.0), abs=1e-5)


def test_ratio_interval_by_hand() -> None:
    # 10 ± 1 over 5 ± 0: every ratio within 1.96 / 5 = .392 of 2.
    exact = UncertainPair(10, 5, 1, 0)
    assert ratio_interval(exact, quantile=1.96) == pytest.approx((1.608, 2.392))
    assert ratio_standard_error(exact) == pytest.approx(0.2)
    assert ratio_interval(UncertainPair(10, 5, 1, 9), quantile=1.96) is None


# --- properties -----------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-4, 1e4))
def test_unit_of_the_offline_metric_only_rescales_the_effect(seed: int, scale: float) -> None:
    table = world(seed, slope=1.5)
    scaled = table.assign(
        offline_delta=table["offline_delta"] * scale, offline_se=table["offline_se"] * scale
    )
    one, other = experiment_link(table), experiment_link(scaled)
    assert one.verdict is other.verdict
    assert other.p_value == pytest.approx(one.p_value, rel=1e-4, abs=1e-12)
    if one.effect is not None:
        assert other.effect == pytest.approx(one.effect / scale, rel=1e-4, abs=1e-9 / scale)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_interval_leaves_out_zero_exactly_when_the_link_moves(seed: int) -> None:
    link = experiment_link(world(seed, slope=0.8))
    if link.effect_low is None or link.effect_high is None:
        assert link.verdict is Verdict.NOT_ENOUGH_DATA
        return
    assert link.effect is not None
    assert link.effect_low < link.effect < link.effect_high
    assert (link.verdict is Verdict.MOVES) == (link.effect_low > 0 or link.effect_high < 0)


def test_order_of_experiments_changes_nothing() -> None:
    table = world(1, slope=1.5)
    one, other = experiment_link(table), experiment_link(table[::-1])
    assert one.effect == pytest.approx(other.effect)
    assert one.effect_high == pytest.approx(other.effect_high)


def test_noisier_offline_deltas_steepen_the_slope_and_widen_the_interval() -> None:
    def width(link: ExperimentLink) -> float:
        return (link.effect_high or math.nan) - (link.effect_low or math.nan)

    exact = experiment_link(worked_table().assign(offline_se=0.0))
    noisy = experiment_link(worked_table())
    assert (exact.reliability, exact.effect) == (1.0, pytest.approx(2.0))
    assert (noisy.effect or 0) > 2.0
    assert width(noisy) > width(exact) / 0.8


_FLOATS = st.none() | st.floats()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(_FLOATS, _FLOATS, _FLOATS, _FLOATS), max_size=14))
def test_no_data_whatever_makes_it_raise(rows: list[tuple[Any, ...]]) -> None:
    table = pd.DataFrame(rows, columns=["offline_delta", "offline_se", "lift", "lift_se"])
    link = experiment_link(table, min_experiments=4)
    assert link.verdict_reason
    assert SELECTION_CAVEAT in link.caveats


# --- verdicts and caveats -------------------------------------------------------------------


def test_seven_experiments_are_not_enough() -> None:
    link = experiment_link(worked_table().head(7))
    assert link.verdict is Verdict.NOT_ENOUGH_DATA
    assert (link.effect, link.experiments_needed, link.n_experiments) == (None, 8, 7)
    assert link.caveats[0] == SELECTION_CAVEAT


def test_eight_experiments_are_answered_with_a_caveat() -> None:
    link = experiment_link(worked_table().head(8))
    assert link.p_value is not None
    assert any("Fewer than ten" in caveat for caveat in link.caveats)
    assert not any("Fewer than ten" in caveat for caveat in experiment_link(worked_table()).caveats)


def test_deltas_that_are_mostly_noise_are_not_enough_data() -> None:
    link = experiment_link(worked_table().assign(offline_se=0.006))
    assert link.verdict is Verdict.NOT_ENOUGH_DATA
    assert "measurement error" in link.verdict_reason
    assert (link.effect, link.effect_high) == (None, None)


def test_equal_deltas_have_no_slope() -> None:
    link = experiment_link(worked_table().assign(offline_delta=0.01))
    assert link.verdict is Verdict.NOT_ENOUGH_DATA
    assert "same" in link.verdict_reason


def test_silence_means_no_evidence_only_when_a_mattering_effect_would_show() -> None:
    flat = worked_table().assign(lift=lambda table: table["lift"] - 2 * table["offline_delta"])
    blunt = experiment_link(flat, smallest_lift=0.005)
    sharp = experiment_link(flat, smallest_lift=0.05)
    assert (blunt.verdict, sharp.verdict) == (Verdict.NOT_ENOUGH_DATA, Verdict.NO_EVIDENCE)
    assert blunt.experiments_needed is not None
    assert blunt.experiments_needed > 10
    assert sharp.experiments_needed is None


def test_only_positive_lifts_raise_a_question() -> None:
    winners = worked_table().assign(lift=lambda table: table["lift"].abs() + 0.001)
    assert any("10 of 10" in caveat for caveat in experiment_link(winners).caveats)
    assert not any("losing" in caveat for caveat in experiment_link(worked_table()).caveats)


def test_rows_that_miss_a_number_are_left_out_and_counted() -> None:
    spoilt = worked_table()
    spoilt.loc[0, "lift_se"] = 0.0
    spoilt.loc[1, "offline_delta"] = np.nan
    link = experiment_link(spoilt)
    assert link.n_experiments == 8
    assert any(caveat.startswith("2 rows left out") for caveat in link.caveats)


def test_unrecorded_offline_errors_are_said_to_understate_the_effect() -> None:
    link = experiment_link(worked_table().assign(offline_se=None))
    assert (link.reliability, link.effect) == (None, pytest.approx(2.0))
    assert any("understated" in caveat for caveat in link.caveats)


def test_several_rows_of_one_experiment_are_named() -> None:
    table = worked_table().assign(experiment=["a", "a", *"bcdefghi"])
    assert any("share a control" in caveat for caveat in experiment_link(table).caveats)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"error_correlation": 1.0}, "error_correlation"),
        ({"error_correlation": math.nan}, "error_correlation"),
        ({"smallest_lift": 0.0}, "smallest_lift"),
        ({"min_experiments": 3}, "min_experiments"),
    ],
)
def test_misuse_names_the_argument(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        experiment_link(worked_table(), **options)


def test_wrong_tables_are_named() -> None:
    with pytest.raises(ValueError, match="lift_se"):
        experiment_link(worked_table().drop(columns="lift_se"))
    with pytest.raises(TypeError, match="table"):
        experiment_link("rows")  # type: ignore[arg-type]


# --- simulated truth ------------------------------------------------------------------------


def answers(
    *, slope: float, told: float = 0.0, n_worlds: int = 200, **options: Any
) -> list[Answer]:
    worlds = (world(seed, slope=slope, **options) for seed in range(n_worlds))
    return [answer_by_hub(one, told) for one in worlds]


def coverage(found: list[Answer], slope: float) -> float:
    bounds = [(a.low, a.high) for a in found if a.low is not None and a.high is not None]
    return float(np.mean([low <= slope <= high for low, high in bounds]))


def false_alarms(found: list[Answer]) -> float:
    return float(np.mean([a.p_value < 0.05 for a in found]))


def test_intervals_cover_the_true_slope() -> None:
    assert coverage(answers(slope=1.5, reliabilities=(0.8,)), 1.5) >= 0.90


def test_coverage_is_lost_when_the_offline_errors_are_forgotten() -> None:
    family: dict[str, Any] = {"reliabilities": (0.6,), "n_experiments": 30}
    forgotten = [
        answer_by_hub(world(seed, slope=1.5, **family).assign(offline_se=0.0), 0.0)
        for seed in range(100)
    ]
    assert coverage(forgotten, 1.5) < 0.75
    assert coverage(answers(slope=1.5, n_worlds=100, **family), 1.5) >= 0.90


def test_no_link_is_rarely_called_one() -> None:
    assert false_alarms(answers(slope=0.0)) <= 0.08


def test_shared_users_fool_it_unless_their_correlation_is_told() -> None:
    family: dict[str, Any] = {"reliabilities": (0.6,), "n_experiments": 25, "n_worlds": 120}
    untold = answers(slope=0.0, error_correlation=0.7, **family)
    told = answers(slope=0.0, error_correlation=0.7, told=0.7, **family)
    assert false_alarms(untold) > 0.15
    assert false_alarms(told) <= 0.10


def test_winners_only_bias_the_effect_the_way_the_caveat_says() -> None:
    def median_effect(**options: Any) -> float:
        found = answers(slope=1.5, reliabilities=(0.8,), n_experiments=30, **options)
        return float(np.median([a.effect for a in found if a.effect is not None]))

    assert median_effect(n_worlds=100) == pytest.approx(1.5, abs=0.1)
    assert median_effect(n_worlds=60, kept="offline winners") > 1.7
    assert median_effect(n_worlds=60, kept="online winners") < 1.3
    assert "too high" in SELECTION_CAVEAT
    assert "too low" in SELECTION_CAVEAT
