"""Does a forecast say where the month ends, how sure that is, and when it cannot say?"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.forecast import DAY_COLUMNS, LEVELS, PeriodForecast, to_period_end
from analytics.forecast_back_test import back_test, seasonal_naive
from benchmarks import forecast as benchmark
from benchmarks import link_worlds as worlds

WEEK = np.array([1.0, 0.9, 0.9, 1.0, 1.2, 1.6, 1.4])


def shop(last: str, *, days: int = 500, sd: float = 0.03, level: float = 1000.0) -> pd.Series:
    index = pd.date_range(end=last, periods=days)
    noise = sd * np.random.default_rng(6).standard_normal(days)
    return pd.Series(level * WEEK[index.day_of_week] * np.exp(noise), index)


def month_so_far(kpi: pd.Series) -> pd.Series:
    return kpi[kpi.index >= pd.Timestamp("2025-06-01")]


def weekdays(data: pd.Series | pd.DataFrame) -> np.ndarray:
    return pd.DatetimeIndex(data.index).day_of_week.to_numpy()


def forecast(kpi: pd.Series, **options: object) -> PeriodForecast:
    rng = np.random.default_rng(1)
    return to_period_end(kpi, rng=rng, n_paths=1000, **options)  # type: ignore[arg-type]


def test_the_month_ends_where_its_weekdays_lead() -> None:
    kpi = shop("2025-06-20")
    made = forecast(kpi)
    coming = pd.date_range("2025-06-21", "2025-06-30")
    truth = month_so_far(kpi).sum() + 1000.0 * WEEK[coming.day_of_week].sum()
    low, high = made.intervals[0.95]
    assert (made.period_start, made.period_end) == (
        pd.Timestamp("2025-06-01"),
        pd.Timestamp("2025-06-30"),
    )
    assert (made.days_seen, made.days_missing, made.days_left) == (20, 0, 10)
    assert made.so_far == pytest.approx(month_so_far(kpi).sum())
    assert low < truth < high
    assert made.expected == pytest.approx(truth, rel=0.01)


def test_intervals_are_as_wide_as_the_noise_of_the_days_to_come() -> None:
    kpi = shop("2025-06-20", sd=0.05)
    low, high = forecast(kpi).intervals[0.8]
    coming = pd.date_range("2025-06-21", "2025-06-30")
    sd = 0.05 * 1000.0 * math.sqrt(np.square(WEEK[coming.day_of_week]).sum())
    assert 0.85 < (high - low) / (2.0 * stats.norm.ppf(0.9) * sd) < 1.4


def test_intervals_are_nested_and_narrow_as_the_month_goes_on() -> None:
    early, late = forecast(shop("2025-06-05")), forecast(shop("2025-06-25"))
    for made in (early, late):
        lows = [made.intervals[level][0] for level in LEVELS]
        highs = [made.intervals[level][1] for level in LEVELS]
        assert lows == sorted(lows, reverse=True)
        assert highs == sorted(highs)
    assert np.ptp(late.intervals[0.8]) < 0.7 * np.ptp(early.intervals[0.8])


def test_a_month_just_complete_gives_the_next_one() -> None:
    made = forecast(shop("2025-05-31"))
    assert made.period_start == pd.Timestamp("2025-06-01")
    assert (made.so_far, made.days_seen, made.days_left) == (0.0, 0, 30)


@pytest.mark.parametrize(
    ("grain", "first", "last"),
    [("week", "2025-06-16", "2025-06-22"), ("quarter", "2025-04-01", "2025-06-30")],
)
def test_weeks_start_on_monday_and_quarters_in_april(grain: str, first: str, last: str) -> None:
    made = forecast(shop("2025-06-18"), grain=grain)
    assert (made.period_start, made.period_end) == (pd.Timestamp(first), pd.Timestamp(last))


def test_the_chance_of_a_target_follows_the_target() -> None:
    kpi = shop("2025-06-20")
    middle = forecast(kpi).expected
    assert forecast(kpi, target=middle).chance_of_target == pytest.approx(0.5, abs=0.03)
    assert forecast(kpi, target=0.9 * middle).chance_of_target > 0.99
    assert forecast(kpi, target=1.1 * middle).chance_of_target < 0.01


def test_a_coming_promotion_is_foreseen() -> None:
    kpi = shop("2025-06-20")
    days = pd.date_range(kpi.index[0], "2025-06-30")
    promotion = pd.Series(0.0, days)
    promotion[pd.date_range("2024-11-01", "2024-11-14")] = 1.0
    promotion[pd.date_range("2025-06-25", "2025-06-27")] = 1.0
    lifted = kpi * np.exp(0.5 * promotion.reindex(kpi.index))
    planned = forecast(lifted, calendar=promotion.to_frame("promotion"))
    unplanned = forecast(lifted, calendar=promotion[: kpi.index[-1]].to_frame("promotion"))
    coming = pd.date_range("2025-06-25", "2025-06-27")
    gain = 1000.0 * WEEK[coming.day_of_week].sum() * math.expm1(0.5)
    assert planned.expected - unplanned.expected == pytest.approx(gain, rel=0.1)


def test_days_of_the_chart_hold_what_was_seen() -> None:
    kpi = shop("2025-06-20")
    days = forecast(kpi).days
    seen, coming = days[: kpi.index[-1]], days[kpi.index[-1] + pd.Timedelta(days=1) :]
    assert tuple(days.columns) == DAY_COLUMNS
    assert len(days) == 30
    assert np.allclose(seen["actual"], month_so_far(kpi))
    assert np.allclose(seen["low_95%"], seen["high_95%"])
    assert coming["actual"].isna().all()
    assert (coming["low_95%"] < coming["expected"]).all()
    assert (coming["expected"] < coming["high_95%"]).all()


def test_a_missing_day_is_estimated_and_counted() -> None:
    kpi = shop("2025-06-20")
    gap = kpi.copy()
    gap["2025-06-10"] = np.nan
    whole, broken = forecast(kpi), forecast(gap)
    assert broken.days_missing == 1
    assert broken.so_far == pytest.approx(whole.so_far - kpi["2025-06-10"])
    assert broken.expected == pytest.approx(whole.expected, rel=0.01)


def test_a_day_the_shop_is_closed_stays_at_zero() -> None:
    kpi = shop("2025-06-20")
    kpi[weekdays(kpi) == 6] = 0.0
    made = forecast(kpi)
    sundays = made.days[weekdays(made.days) == 6]
    assert (sundays["high_95%"] == 0.0).all()
    coming = pd.date_range("2025-06-21", "2025-06-30")
    truth = (
        month_so_far(kpi).sum() + 1000.0 * WEEK[coming.day_of_week][coming.day_of_week != 6].sum()
    )
    assert made.expected == pytest.approx(truth, rel=0.02)
    assert any("always zero" in caveat for caveat in made.caveats)


def test_a_yearly_season_is_used_only_once_it_was_seen() -> None:
    short = forecast(shop("2025-06-20", days=350))
    assert any("yearly season" in caveat for caveat in short.caveats)
    index = pd.date_range(end="2025-11-30", periods=1000)
    season = 0.4 * np.cos(2 * np.pi * (index.day_of_year - 355) / 365.25)
    noise = 0.02 * np.random.default_rng(2).standard_normal(1000)
    made = forecast(pd.Series(1000.0 * np.exp(season + noise), index))
    december = pd.date_range("2025-12-01", "2025-12-31")
    truth = (
        1000.0
        * np.exp(0.4 * np.cos(2 * np.pi * (december.day_of_year.to_numpy() - 355) / 365.25)).sum()
    )
    assert made.expected == pytest.approx(truth, rel=0.03)


def test_data_that_carry_no_forecast_are_refused_with_the_reason() -> None:
    kpi = shop("2025-06-20")
    cases = {
        "no values": kpi[:0],
        "The KPI has no values": kpi * np.nan,
        "covers only 60 days": kpi[-60:],
        "never changed": kpi * 0.0 + 3.0,
        "is missing": kpi.where(np.arange(len(kpi)) % 2 == 0),
        "daily data": kpi[::7],
    }
    for reason, data in cases.items():
        made = forecast(data)
        assert not made.has_forecast
        assert reason in made.reason
        assert made.more_needed
        assert math.isnan(made.expected)
        assert tuple(made.days.columns) == DAY_COLUMNS


def test_the_same_seed_gives_the_same_forecast() -> None:
    kpi = shop("2025-06-20")
    assert forecast(kpi).intervals == forecast(kpi).intervals


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"kpi": [1.0]}, "kpi"),
        ({"rng": 7}, "rng"),
        ({"grain": "year"}, "grain"),
        ({"n_paths": 10}, "n_paths"),
        ({"target": "much"}, "target"),
        ({"calendar": {}}, "calendar"),
    ],
)
def test_misuse_names_the_argument(options: dict[str, object], named: str) -> None:
    given_all = {"kpi": shop("2025-06-20"), "rng": np.random.default_rng(1), **options}
    with pytest.raises((TypeError, ValueError), match=f"^{named}:"):
        to_period_end(given_all.pop("kpi"), **given_all)  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1000),
    n=st.integers(85, 330),
    kind=st.sampled_from(["zeros", "counts", "gaps", "spike", "infinite", "signed", "tiny"]),
)
def test_awkward_data_give_finite_forecasts_or_a_reason(seed: int, n: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(3.0, 0.3, n))
    values = {
        "zeros": np.where(rng.random(n) < 0.4, 0.0, values),
        "counts": rng.poisson(0.5, n).astype(float),
        "gaps": np.where(rng.random(n) < 0.2, np.nan, values),
        "spike": np.where(np.arange(n) == n // 2, 1e9, values),
        "infinite": np.where(rng.random(n) < 0.05, np.inf, values),
        "signed": rng.normal(0.0, 1.0, n),
        "tiny": values * 1e-12,
    }[kind]
    made = forecast(pd.Series(values, pd.date_range("2024-03-11", periods=n)))
    if made.has_forecast:
        low, high = made.intervals[0.95]
        assert math.isfinite(made.expected)
        assert low <= made.expected <= high
        assert kind == "signed" or low >= 0.0
    else:
        assert made.more_needed


def test_seasonal_naive_repeats_the_last_week() -> None:
    days = pd.date_range("2025-06-02", periods=14)  # two weeks from a Monday
    known = pd.Series(np.arange(14.0), days)
    coming = pd.DatetimeIndex(["2025-06-16", "2025-06-17", "2025-06-23"])
    assert seasonal_naive(known, coming) == 7.0 + 8.0 + 7.0
    known.iloc[7] = np.nan  # last Monday unknown: the Monday before
    assert seasonal_naive(known, coming) == 0.0 + 8.0 + 0.0


def test_a_back_test_knows_only_the_past_and_beats_last_week() -> None:
    kpi = shop("2025-06-30", days=420)
    tested = back_test(kpi, rng=np.random.default_rng(1), n_periods=4, n_paths=300)
    assert tested.n == 12
    assert tested.error < tested.naive_error
    assert tested.coverage[0.95] >= 0.75
    origins = tested.table["origin"]
    assert list(origins[:3]) == [
        pd.Timestamp("2025-02-28"),
        pd.Timestamp("2025-03-10"),
        pd.Timestamp("2025-03-20"),
    ]
    spoilt = kpi.copy()
    spoilt[spoilt.index > pd.Timestamp("2025-06-20")] *= 3.0
    again = back_test(spoilt, rng=np.random.default_rng(1), n_periods=4, n_paths=300)
    assert np.allclose(again.table["expected"], tested.table["expected"])
    assert again.error > tested.error


def test_a_back_test_without_a_complete_period_says_so() -> None:
    tested = back_test(shop("2025-06-20", days=100), rng=np.random.default_rng(1), n_paths=200)
    assert (tested.n, math.isnan(tested.error)) == (0, True)
    assert tested.reason


def test_intervals_hold_what_they_promise_on_simulated_truth() -> None:
    quality = benchmark.forecasts("small", worlds.autoregressive, n_worlds=40, seed=5)
    for level, covered in zip(LEVELS, quality.coverage, strict=True):
        assert stats.binomtest(round(covered * 40), 40, level).pvalue > 0.002
    assert quality.error < quality.naive_error
