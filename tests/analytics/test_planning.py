"""Does a plan promise what the analyses then find?"""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from analytics.kpi_data import KPI_UNITS, LOG_POINTS
from analytics.link_data import ELASTICITY
from analytics.planning import (
    KPI_PER_LOG_GAIN,
    releases_needed,
    smallest_detectable_elasticity,
    smallest_detectable_step,
    users_needed,
)
from benchmarks import link_worlds as worlds
from benchmarks import planning as benchmark

PLAN = {"n_releases": 24, "spacing_days": 14, "typical_log_gain": 0.02}


@pytest.fixture(scope="module")
def kpi() -> pd.Series:
    rng = np.random.default_rng(9)
    days = pd.date_range("2024-01-01", periods=365)
    return pd.Series(np.exp(8.0 + 0.05 * rng.standard_normal(365)), days)


def test_twice_the_gains_show_half_the_elasticity(kpi: pd.Series) -> None:
    once = smallest_detectable_elasticity(kpi, **PLAN)  # type: ignore[arg-type]
    twice = smallest_detectable_elasticity(
        kpi, n_releases=24, spacing_days=14, typical_log_gain=0.04
    )
    assert once.effect_unit == ELASTICITY
    assert once.weeks == pytest.approx((24 * 14 + 14) / 7)
    assert twice.effect == pytest.approx(once.effect / 2.0)


def test_louder_fewer_and_surer_plans_show_less(kpi: pd.Series) -> None:
    plain = smallest_detectable_elasticity(kpi, **PLAN).effect  # type: ignore[arg-type]
    loud = kpi.mean() * (kpi / kpi.mean()) ** 2
    assert smallest_detectable_elasticity(loud, **PLAN).effect > 1.8 * plain  # type: ignore[arg-type]
    few = smallest_detectable_elasticity(kpi, n_releases=8, spacing_days=14, typical_log_gain=0.02)
    sure = smallest_detectable_elasticity(kpi, **PLAN, power=0.95)  # type: ignore[arg-type]
    assert few.effect > plain
    assert sure.effect > plain


def test_elasticity_one_at_five_percent_noise_takes_a_few_dozen_releases(kpi: pd.Series) -> None:
    # binding reference: about 24 releases in two years
    needed = releases_needed(kpi, elasticity=1.0, spacing_days=30, typical_log_gain=0.02)
    assert needed.n_releases is not None
    assert 8 <= needed.n_releases <= 30


def test_releases_needed_is_the_fewest_that_show_the_elasticity(kpi: pd.Series) -> None:
    needed = releases_needed(kpi, elasticity=-0.6, spacing_days=14, typical_log_gain=0.02)
    count = needed.n_releases
    assert count is not None

    def shown(releases: int) -> float:
        return smallest_detectable_elasticity(
            kpi, n_releases=releases, spacing_days=14, typical_log_gain=0.02
        ).effect

    assert shown(count) <= 0.6 < shown(count - 1)
    assert needed.weeks == pytest.approx((count * 14 + 14) / 7)


def test_what_five_years_cannot_show_is_said(kpi: pd.Series) -> None:
    needed = releases_needed(kpi, elasticity=0.001, spacing_days=14, typical_log_gain=0.02)
    assert needed.n_releases is None
    assert needed.weeks is None
    assert needed.smallest_within_reach > 0.001
    assert "Five years" in needed.reason


def test_a_step_in_white_noise_follows_the_textbook_formula() -> None:
    rng = np.random.default_rng(1)
    days = pd.date_range("2022-01-01", periods=299)
    kpi = pd.Series(100.0 + rng.standard_normal(299), days)
    planned = smallest_detectable_step(kpi, days_after=56, donut_days=0)
    # mean of 56 days against a straight line through 299 days, noise of 1 %
    time = np.arange(299.0 + 56.0)
    past = np.column_stack([np.ones(355), time - time.mean()])
    step = (time >= 299).astype(float)
    left = step - past @ np.linalg.lstsq(past, step, rcond=None)[0]
    textbook = (1.96 + 0.84) * 0.01 / math.sqrt(left @ left)
    assert planned.step_unit == LOG_POINTS
    assert 0.9 * textbook < planned.step < 2.0 * textbook


def test_the_donut_costs_precision(kpi: pd.Series) -> None:
    with_donut = smallest_detectable_step(kpi, days_after=28, donut_days=14)
    without = smallest_detectable_step(kpi, days_after=28, donut_days=0)
    assert with_donut.step > without.step


def test_a_kpi_around_zero_is_planned_in_its_own_units() -> None:
    rng = np.random.default_rng(1)
    profit = pd.Series(rng.normal(0.0, 5.0, 200), pd.date_range("2024-01-01", periods=200))
    assert smallest_detectable_step(profit, days_after=28).step_unit == KPI_UNITS
    plan = smallest_detectable_elasticity(profit, **PLAN)  # type: ignore[arg-type]
    assert plan.effect_unit == KPI_PER_LOG_GAIN
    assert math.isfinite(plan.effect)


def test_history_that_cannot_tell_gives_a_reason_not_a_figure(kpi: pd.Series) -> None:
    for data in (kpi[:30], kpi * 0.0 + 5.0, kpi * np.nan, kpi[:0]):
        plan = smallest_detectable_elasticity(data, **PLAN)  # type: ignore[arg-type]
        assert math.isnan(plan.effect)
        assert plan.reason
        needed = releases_needed(data, elasticity=1.0, spacing_days=14, typical_log_gain=0.02)
        assert needed.n_releases is None
        assert needed.reason
        step = smallest_detectable_step(data, days_after=28)
        assert math.isnan(step.step)
        assert step.reason
    far = smallest_detectable_elasticity(
        kpi, n_releases=200, spacing_days=30, typical_log_gain=0.02
    )
    assert "years" in far.reason


def test_users_of_a_conversion_follow_the_textbook() -> None:
    # Fleiss: 10 % to 12 %, 80 % power: (1.96 + .8416)^2 (.09 + .1056) / .02^2 = 3,838 a variant
    needed = users_needed(baseline=0.10, lift=0.20)
    assert needed.control == needed.treatment == 3839
    assert needed.total == 7678


def test_users_of_a_mean_agree_with_statsmodels() -> None:
    needed = users_needed(baseline=50.0, lift=0.05, standard_deviation=40.0, power=0.9)
    reference = TTestIndPower().solve_power(effect_size=2.5 / 40.0, power=0.9, alpha=0.05)
    assert needed.control == pytest.approx(reference, rel=0.002)


def test_an_uneven_split_needs_more_users() -> None:
    even = users_needed(baseline=0.10, lift=0.10)
    uneven = users_needed(baseline=0.10, lift=0.10, treatment_share=0.1)
    assert uneven.total > 2 * even.total
    assert uneven.treatment == pytest.approx(0.1 * uneven.total, rel=0.001)


def test_no_experiment_is_planned_below_what_can_be_read_out() -> None:
    needed = users_needed(baseline=0.01, lift=5.0)
    assert needed.control >= 1000  # ten conversions at 1 %


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"n_releases": 5}, "n_releases"),
        ({"n_releases": 10.0}, "n_releases"),
        ({"spacing_days": 0}, "spacing_days"),
        ({"typical_log_gain": 0.0}, "typical_log_gain"),
        ({"typical_log_gain": math.inf}, "typical_log_gain"),
        ({"power": 1.0}, "power"),
        ({"kpi": [1.0]}, "kpi"),
        ({"calendar": "promotions"}, "calendar"),
    ],
)
def test_a_misused_plan_names_the_argument(options: dict[str, object], named: str) -> None:
    days = pd.date_range("2024-01-01", periods=3)
    arguments: dict[str, object] = {"kpi": pd.Series(1.0, days), **PLAN, **options}
    with pytest.raises((TypeError, ValueError), match=f"^{named}:"):
        smallest_detectable_elasticity(arguments.pop("kpi"), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"baseline": 0.0}, "baseline"),
        ({"baseline": 1.5}, "baseline"),
        ({"baseline": 0.6, "lift": 0.9}, "lift"),
        ({"lift": 0.0}, "lift"),
        ({"lift": -1.0}, "lift"),
        ({"lift": "10 %"}, "lift"),
        ({"standard_deviation": -1.0}, "standard_deviation"),
        ({"treatment_share": 1.0}, "treatment_share"),
        ({"power": 0.2}, "power"),
    ],
)
def test_a_misused_experiment_plan_names_the_argument(
    options: dict[str, object], named: str
) -> None:
    arguments: dict[str, object] = {"baseline": 0.1, "lift": 0.1, **options}
    with pytest.raises((TypeError, ValueError), match=f"^{named}:"):
        users_needed(**arguments)  # type: ignore[arg-type]


def test_experiments_of_the_planned_size_show_the_lift_as_often_as_promised() -> None:
    shown = benchmark.realised(
        "conversion",
        lambda rng: benchmark.conversion(rng, baseline=0.1, lift=0.1),
        n_worlds=400,
        seed=3,
    ).shown
    assert stats.binomtest(round(shown * 400), 400, 0.8).pvalue > 0.001


def test_one_release_shows_the_planned_step_about_as_often_as_promised() -> None:
    shown = benchmark.realised(
        "one release",
        lambda rng: benchmark.one_release(rng, worlds.white, days_after=28),
        n_worlds=40,
        seed=3,
    ).shown
    assert 0.6 <= shown <= 0.95


def test_releases_show_the_planned_elasticity_about_as_often_as_promised() -> None:
    shown = benchmark.realised(
        "releases",
        lambda rng: benchmark.releases(rng, worlds.white, n_releases=16, spacing_days=12),
        n_worlds=40,
        seed=3,
    ).shown
    assert 0.6 <= shown <= 0.95
