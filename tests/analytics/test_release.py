"""Is one release judged by what it did, and by nothing else?"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from analytics.controls import control_columns, orthonormal
from analytics.impact_result import SERIES_COLUMNS
from analytics.kpi_data import assemble_kpi
from analytics.model_average import WeightedModel, plausible_models
from analytics.noise_model import NoiseModel, choose_noise_model
from analytics.release import KPI_UNITS, LOG_POINTS, ReleaseImpact, release_impact
from analytics.step_effect import estimate_step
from analytics.vocabulary import Verdict
from benchmarks import link_worlds as worlds
from benchmarks import release as benchmark

RELEASED = 200


def shop(effect: float, *, n: int = 400, sd: float = 0.03, ramp: int = 0) -> pd.Series:
    rng = np.random.default_rng(7)
    base = worlds.shop(rng, worlds.white, n=n, sd=sd)
    since = np.arange(n) - RELEASED + 1
    reached = np.clip(since / ramp, 0.0, 1.0) if ramp else (since > 0).astype(float)
    return pd.Series(np.exp(base.log_kpi - 0.2 * base.promotion + effect * reached), base.days)


def impact(kpi: pd.Series, **options: object) -> ReleaseImpact:
    return release_impact(kpi, released_at=kpi.index[RELEASED], **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lifted() -> ReleaseImpact:
    return impact(shop(0.15))


def test_a_lasting_step_is_found_with_its_size(lifted: ReleaseImpact) -> None:
    low, high = lifted.interval
    assert lifted.verdict == Verdict.MOVES
    assert low < 0.15 < high
    assert high - low < 0.1
    assert lifted.p_value < 1e-6
    assert lifted.effect_unit == LOG_POINTS
    assert lifted.n_days_before == RELEASED
    assert lifted.n_days_after == 400 - RELEASED - 7


def test_no_step_is_no_evidence_where_one_would_have_shown() -> None:
    answer = impact(shop(0.0), smallest_effect=0.10)
    assert answer.verdict == Verdict.NO_EVIDENCE
    assert answer.smallest_detectable_effect < math.log(1.10)
    assert answer.interval[0] < 0.0 < answer.interval[1]


def test_a_blunt_look_says_how_many_more_days_would_do() -> None:
    kpi = shop(0.0, sd=0.08)[: RELEASED + 30]
    answer = impact(kpi, smallest_effect=0.08)
    assert answer.verdict == Verdict.NOT_ENOUGH_DATA
    assert "more days after the release would be enough to show 8.00\u00a0%" in answer.more_needed


def test_under_white_noise_the_step_is_ordinary_least_squares() -> None:
    data = assemble_kpi(shop(0.1), None)
    controls = control_columns(data)
    step = (np.arange(data.n) >= RELEASED).astype(float)
    white = NoiseModel(0.0, 1.0, 0.0, 0.0, np.ones(data.n), False, 0.0)
    found = estimate_step(step, orthonormal(controls), data.y, [WeightedModel(white, 1.0)])
    reference = sm.OLS(data.y, np.column_stack([controls, step])).fit()
    low, high = reference.conf_int()[-1]
    assert found is not None
    assert found.effect == pytest.approx(reference.params[-1])
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p_value == pytest.approx(reference.pvalues[-1], abs=1e-9)
    assert found.dof == reference.df_resid


def test_doubt_about_the_noise_widens_the_interval() -> None:
    data = assemble_kpi(shop(0.1), None)
    basis = orthonormal(control_columns(data))
    step = (np.arange(data.n) >= RELEASED).astype(float)
    white = NoiseModel(0.0, 1.0, 0.0, 0.0, np.ones(data.n), False, 0.0)
    walk = replace(white, theta=0.8)
    both = [WeightedModel(white, 0.5), WeightedModel(walk, 0.5)]
    sure = estimate_step(step, basis, data.y, both[:1])
    doubting = estimate_step(step, basis, data.y, both)
    assert sure is not None
    assert doubting is not None
    assert doubting.high - doubting.low > 1.2 * (sure.high - sure.low)


def test_plausible_noise_models_weigh_one_and_hold_the_truth() -> None:
    rng = np.random.default_rng(2)
    y = lfilter([1.0], [1.0, -0.6], rng.standard_normal(800))
    basis = orthonormal(np.column_stack([np.ones(800), np.arange(800.0)]))
    models = plausible_models(basis, y, choose_noise_model(basis, y, None))
    assert sum(each.weight for each in models) == pytest.approx(1.0)
    near = [each.weight for each in models if each.model.phi in (0.4, 0.6, 0.75)]
    assert sum(near) > 0.9


def test_the_donut_leaves_a_ramp_out_that_a_plain_step_averages_in() -> None:
    kpi = shop(0.15, ramp=7)[: RELEASED + 28]
    assert abs(impact(kpi).effect - 0.15) < abs(impact(kpi, donut_days=0).effect - 0.15)
    left_out = impact(kpi).series["is_left_out"]
    assert list(np.flatnonzero(left_out)) == list(range(RELEASED, RELEASED + 7))


def test_days_in_the_donut_do_not_touch_the_estimate() -> None:
    kpi = shop(0.1)
    spoilt = kpi.copy()
    spoilt.iloc[RELEASED : RELEASED + 7] *= np.linspace(0.2, 4.0, 7)
    assert impact(spoilt).effect == pytest.approx(impact(kpi).effect, abs=1e-9)
    assert impact(spoilt, donut_days=0).effect != pytest.approx(impact(kpi).effect, abs=1e-3)


def test_the_chart_shows_the_kpi_without_the_step(lifted: ReleaseImpact) -> None:
    drawn = lifted.series
    before, after = drawn.iloc[:RELEASED], drawn.iloc[RELEASED + 7 :]
    assert tuple(drawn.columns) == SERIES_COLUMNS
    assert np.allclose(before["actual"], before["counterfactual"])
    assert np.allclose(after["counterfactual"], after["actual"] * math.exp(-lifted.effect))
    assert (after["low"] < after["counterfactual"]).all()
    assert (after["counterfactual"] < after["high"]).all()
    gained = (after["actual"] - after["counterfactual"]).mean()
    assert lifted.kpi_per_day == pytest.approx(gained)
    assert lifted.kpi_per_month == pytest.approx(gained * 30.4)
    assert lifted.kpi_per_day_interval[0] < gained < lifted.kpi_per_day_interval[1]


def test_days_left_out_are_predicted_within_their_band() -> None:
    kpi = shop(0.0)
    drawn = impact(kpi).series.iloc[RELEASED : RELEASED + 7]
    truth = kpi.iloc[RELEASED : RELEASED + 7]
    assert ((drawn["low"] < truth) & (truth < drawn["high"])).sum() >= 6
    assert np.abs(np.log(drawn["counterfactual"] / truth)).mean() < 0.06


@pytest.mark.parametrize("days", [5, 8, 11, 14])
def test_a_kpi_that_had_moved_before_is_confounded(days: int) -> None:
    kpi = shop(0.0)
    kpi.iloc[RELEASED - days :] *= 1.25
    answer = impact(kpi)
    assert answer.verdict == Verdict.CONFOUNDED
    assert answer.pre_release_p_value < 0.005


def test_a_kpi_that_can_be_negative_is_judged_in_its_own_units() -> None:
    rng = np.random.default_rng(3)
    days = pd.date_range("2024-01-01", periods=300)
    profit = pd.Series(rng.normal(5.0, 10.0, 300) + 20.0 * (np.arange(300) >= RELEASED), days)
    answer = impact(profit, donut_days=0)
    assert answer.effect_unit == KPI_UNITS
    assert answer.interval[0] < 20.0 < answer.interval[1]
    assert answer.kpi_per_day == pytest.approx(answer.effect)
    assert any("in its own units" in caveat for caveat in answer.caveats)


def test_a_listed_promotion_is_not_the_release() -> None:
    kpi = shop(0.0)
    promotion = np.zeros(len(kpi))
    promotion[RELEASED + 5 : RELEASED + 30] = 1.0
    promotion[40:65] = 1.0
    calendar = pd.DataFrame({"promotion": promotion}, index=kpi.index)
    pushed = kpi * np.exp(0.3 * promotion)
    listed = impact(pushed[: RELEASED + 40], calendar=calendar)
    unlisted = impact(pushed[: RELEASED + 40])
    assert listed.interval[0] < 0.0 < listed.interval[1]
    assert unlisted.effect > 0.15


def test_another_release_gets_a_step_of_its_own() -> None:
    kpi = shop(0.0)
    other = kpi.index[RELEASED - 40]
    kpi[other:] *= 1.3
    alone, beside = impact(kpi), impact(kpi, other_releases=[other])
    assert beside.interval[0] < 0.0 < beside.interval[1]
    assert abs(beside.effect) < 0.05
    assert beside.effect != alone.effect


def test_weekly_data_leave_the_week_of_the_release_out() -> None:
    rng = np.random.default_rng(5)
    weeks = pd.date_range("2023-01-02", periods=104, freq="7D")
    kpi = pd.Series(
        np.exp(8 + 0.02 * rng.standard_normal(104) + 0.2 * (np.arange(104) > 60)), weeks
    )
    answer = release_impact(kpi, released_at=weeks[60] + pd.Timedelta(days=3), donut_days=2)
    assert answer.verdict == Verdict.MOVES
    assert answer.interval[0] < 0.2 < answer.interval[1]
    assert list(np.flatnonzero(answer.series["is_left_out"])) == [60]


def test_missing_days_are_left_out_not_invented() -> None:
    kpi = shop(0.15)
    gaps = kpi.copy()
    gaps.iloc[[20, 21, 150, 260, 261, 262]] = np.nan
    answer = impact(gaps)
    assert answer.interval[0] < 0.15 < answer.interval[1]
    assert any("6 days without a KPI value" in caveat for caveat in answer.caveats)
    assert answer.series["counterfactual"].notna().all()


def test_short_constant_empty_and_misplaced_data_get_a_verdict_with_its_reason() -> None:
    kpi = shop(0.1)
    day = kpi.index[RELEASED]
    cases = {
        "covers only 50 days": kpi[:50],
        "lies outside the data": kpi[:150],
        "more days after": kpi[: RELEASED + 9],
        "never changed": pd.Series(5.0, kpi.index),
        "has no values": pd.Series(np.nan, kpi.index),
        "no values": kpi[:0],
        "is missing": kpi.where(np.arange(len(kpi)) % 2 == 0),
        "to the last digit": pd.Series(np.exp(np.linspace(0.0, 1.0, 400)), kpi.index),
    }
    for reason, data in cases.items():
        answer = release_impact(data, released_at=day)
        assert answer.verdict in {Verdict.NOT_ENOUGH_DATA, Verdict.INVALID_DATA}, reason
        assert reason in answer.verdict_reason + answer.more_needed
        assert not answer.has_estimate
        assert len(answer.series) == len(data)


def test_a_change_on_the_same_day_cannot_be_told_apart() -> None:
    kpi = shop(0.1)
    since = (np.arange(len(kpi)) >= RELEASED).astype(float)
    answer = impact(kpi, calendar=pd.DataFrame({"price change": since}, index=kpi.index))
    assert answer.verdict == Verdict.NOT_ENOUGH_DATA
    assert "cannot be told apart" in answer.verdict_reason


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"released_at": None}, "released_at"),
        ({"released_at": 3.5}, "released_at"),
        ({"released_at": pd.Timestamp("2024-05-01", tz="UTC")}, "released_at"),
        ({"donut_days": -1}, "donut_days"),
        ({"donut_days": 1.5}, "donut_days"),
        ({"smallest_effect": 0.0}, "smallest_effect"),
        ({"smallest_effect": "5%"}, "smallest_effect"),
        ({"calendar": [1, 2]}, "calendar"),
        ({"other_releases": "2024-05-01"}, "other_releases"),
        ({"other_releases": ["never"]}, "other_releases"),
        ({"kpi": [1.0, 2.0]}, "kpi"),
        ({"kpi": pd.Series([1.0, 2.0])}, "kpi"),
        ({"kpi": pd.Series(["a"], pd.DatetimeIndex(["2024-01-01"]))}, "kpi"),
    ],
)
def test_misuse_names_the_argument(options: dict[str, object], named: str) -> None:
    given_all: dict[str, object] = {"kpi": shop(0.0), "released_at": "2024-09-01", **options}
    kpi = given_all.pop("kpi")
    with pytest.raises((TypeError, ValueError), match=f"^{named}:"):
        release_impact(kpi, **given_all)  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(factor=st.floats(1e-6, 1e9), shift=st.integers(-4000, 4000))
def test_units_and_dates_do_not_change_the_answer(factor: float, shift: int) -> None:
    kpi = shop(0.1, n=240)
    moved = (kpi * factor).set_axis(kpi.index + pd.Timedelta(days=7 * shift))
    plain, changed = impact(kpi), impact(moved)
    assert changed.effect == pytest.approx(plain.effect, abs=1e-6)
    assert changed.verdict == plain.verdict
    assert changed.kpi_per_day == pytest.approx(factor * plain.kpi_per_day, rel=1e-4)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(0, 160),
    at=st.integers(-20, 180),
    kind=st.sampled_from(["zeros", "huge", "gaps", "spike", "infinite", "counts", "closed"]),
)
def test_no_data_raises(seed: int, n: int, at: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(3.0, 0.3, n))
    closed = np.arange(n) % 7 == 6
    values = {
        "zeros": np.where(rng.random(n) < 0.5, 0.0, values),
        "huge": values * 1e90,
        "gaps": np.where(rng.random(n) < 0.2, np.nan, values),
        "spike": np.where(np.arange(n) == 30, 1e12, values),
        "infinite": np.where(rng.random(n) < 0.05, np.inf, values),
        "counts": rng.poisson(0.3, n).astype(float),
        "closed": np.where(closed, 0.0, values),
    }[kind]
    kpi = pd.Series(values, pd.date_range("2024-01-01", periods=n))
    day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=at)
    with np.errstate(all="raise", under="ignore"):
        answer = release_impact(kpi, released_at=day)
    assert answer.verdict_reason
    assert answer.more_needed


def test_false_alarms_and_coverage_hold_on_simulated_truth() -> None:
    ours, plain, naive = "release_impact", "plain step (donut_days=0)", "before/after t-test"
    null = benchmark.run(
        "null",
        worlds.autoregressive,
        effect=0.0,
        ramp_days=0,
        n_worlds=40,
        seed=11,
        methods=(ours, naive),
    )
    ramp = benchmark.run(
        "ramp", worlds.white, effect=0.2, ramp_days=7, n_worlds=40, seed=11, methods=(ours, plain)
    )
    assert null[ours].moves <= 0.14
    assert null[naive].moves > 0.3
    assert ramp[ours].covers >= 0.85
    assert ramp[ours].covers > ramp[plain].covers
