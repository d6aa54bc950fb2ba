"""Does an effect turn into money by the stated formula, and back?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.gain_trend import TrendVerdict
from analytics.link import link
from analytics.link_data import ELASTICITY, SLOPE
from analytics.money import (
    MarginalGains,
    marginal_gains,
    mean_daily_kpi,
    smallest_effect,
    worth,
    worth_together,
)
from benchmarks.link_worlds import World


@dataclass(frozen=True)
class Found:
    effect: float
    interval: tuple[float, float]
    effect_unit: str = ELASTICITY


def test_elasticity_is_valued_by_hand() -> None:
    valued = worth(Found(1.2, (0.8, 1.6)), metric_change=0.05, mean_daily_kpi=10_000.0)
    assert valued.kpi_per_day == pytest.approx(600.0)
    assert valued.per_month == pytest.approx(18_240.0)
    assert valued.per_month_interval == pytest.approx((12_160.0, 24_320.0))


def test_slope_is_valued_without_the_level_of_the_kpi() -> None:
    valued = worth(Found(50.0, (-10.0, 110.0), SLOPE), metric_change=2.0, mean_daily_kpi=7.0)
    assert valued.kpi_per_day == pytest.approx(100.0)
    assert valued.kpi_per_day_interval == pytest.approx((-20.0, 220.0))


def test_interval_stays_ordered_when_the_metric_fell() -> None:
    valued = worth(Found(1.0, (0.5, 1.5)), metric_change=-0.1, mean_daily_kpi=100.0)
    low, high = valued.per_month_interval
    assert low < valued.per_month < high


@given(
    gain=st.floats(1.0, 1e6),
    change=st.floats(0.001, 1.0) | st.floats(-1.0, -0.001),
    level=st.floats(1.0, 1e7),
)
def test_smallest_effect_is_the_inverse_of_worth(gain: float, change: float, level: float) -> None:
    effect = smallest_effect(gain, metric_change=change, mean_daily_kpi=level)
    valued = worth(Found(effect, (effect, effect)), metric_change=change, mean_daily_kpi=level)
    assert effect > 0
    assert abs(valued.per_month) == pytest.approx(gain, rel=1e-9)


def test_no_effect_matters_when_the_metric_does_not_change() -> None:
    assert smallest_effect(3000.0, metric_change=0.0, mean_daily_kpi=10.0) == math.inf


def test_unknown_estimate_is_worth_an_unknown_amount() -> None:
    nan = float("nan")
    valued = worth(Found(nan, (nan, nan)), metric_change=0.1, mean_daily_kpi=10.0)
    assert math.isnan(valued.per_month)


def test_mean_takes_the_last_28_days_and_leaves_missing_days_out() -> None:
    days = pd.date_range("2025-01-01", periods=60)
    kpi = pd.Series(np.where(np.arange(60) < 32, 1e9, 10.0), days)
    kpi.iloc[40] = np.nan
    assert mean_daily_kpi(kpi) == pytest.approx(10.0)


def test_mean_ends_on_the_last_complete_day() -> None:
    days = pd.date_range("2025-01-01", periods=60)
    kpi = pd.Series([10.0] * 59 + [0.5], days)
    assert mean_daily_kpi(kpi, last_complete_day=days[58]) == pytest.approx(10.0)
    assert mean_daily_kpi(kpi) < 10.0


def test_mean_of_nothing_is_unknown() -> None:
    assert math.isnan(mean_daily_kpi(pd.Series([], dtype=float, index=pd.DatetimeIndex([]))))


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"metric_change": "big"}, TypeError, "metric_change"),
        ({"metric_change": math.inf}, ValueError, "metric_change"),
        ({"mean_daily_kpi": True}, TypeError, "mean_daily_kpi"),
    ],
)
def test_misuse_of_worth_names_the_argument(
    arguments: dict[str, float], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        worth(Found(1.0, (0.0, 2.0)), **{"metric_change": 0.1, "mean_daily_kpi": 1.0, **arguments})


def test_unknown_unit_and_negative_gain_are_refused() -> None:
    with pytest.raises(ValueError, match="effect_unit"):
        worth(Found(1.0, (0.0, 2.0), "furlongs"), metric_change=0.1, mean_daily_kpi=1.0)
    with pytest.raises(ValueError, match="smallest_gain_per_month"):
        smallest_effect(-5.0, metric_change=0.1, mean_daily_kpi=1.0)


# --- releases in order ----------------------------------------------------------------------


def release_table(gains: list[float]) -> pd.DataFrame:
    days = pd.date_range("2025-01-06", periods=len(gains), freq="21D")
    return pd.DataFrame({"released_on": days, "log_change": gains})


def valued(table: pd.DataFrame, **options: Any) -> MarginalGains:
    arguments = {"effect": 1.2, "interval": (0.8, 1.6), "mean_daily_kpi": 10_000.0, **options}
    return marginal_gains(table, **{"rng": np.random.default_rng(1), **arguments})


def test_releases_are_valued_one_by_one_and_together_by_hand() -> None:
    # A log gain of .01 at 10,000 a day and elasticity 1.2 is 120 a day, 3,648 a month.
    found = valued(release_table([0.05, 0.01, -0.02]))
    assert [one.per_month for one in found.releases] == pytest.approx([18_240, 3_648, -7_296])
    assert found.releases[1].per_month_interval == pytest.approx((2_432, 4_864))
    assert found.releases[2].per_month_interval == pytest.approx((-9_728, -4_864))
    last = found.releases[2]
    assert last.cumulative_gain == pytest.approx(0.04)
    assert last.cumulative_per_month == pytest.approx(14_592)
    assert last.cumulative_per_month_interval == pytest.approx((9_728, 19_456))
    assert any("1 of 3 releases lowered" in caveat for caveat in found.caveats)


def test_releases_are_put_in_order_and_unknown_ones_left_out() -> None:
    table = release_table([0.03, np.nan, 0.02])[::-1]
    found = valued(table)
    assert [one.gain for one in found.releases] == [0.03, 0.02]
    assert any(caveat.startswith("1 releases without") for caveat in found.caveats)


def test_shrinking_gains_are_called_so() -> None:
    found = valued(release_table([0.08, 0.06, 0.05, 0.03, 0.02, 0.015, 0.01, 0.004]))
    assert found.trend.verdict is TrendVerdict.SMALLER
    assert found.trend.interval[1] < 0
    assert ", in log changes of the metric (0.01 is about 1 %), over 8 releases" in (
        found.trend.verdict_reason
    )
    slope = valued(release_table([0.08, 0.06, 0.05, 0.03, 0.02, 0.015]), effect_unit=SLOPE)
    assert ", in the metric's own unit, over 6 releases" in slope.trend.verdict_reason
    assert valued(release_table([0.05, 0.01])).trend.verdict is TrendVerdict.NOT_ENOUGH_DATA
    assert valued(release_table([])).releases == ()


def test_unknown_effect_is_worth_an_unknown_amount_but_the_trend_is_told() -> None:
    nan = math.nan
    table = release_table([0.08, 0.06, 0.05, 0.03, 0.02, 0.01])
    found = valued(table, effect=nan, interval=(nan, nan))
    assert math.isnan(found.releases[0].per_month)
    assert found.trend.verdict is TrendVerdict.SMALLER


def test_releases_of_a_link_are_valued(recommender: World) -> None:
    rng = np.random.default_rng(2)
    result = link(recommender.metric, recommender.kpi, rng=rng, calendar=recommender.calendar)
    found = valued(result.release_table, effect=result.effect, interval=result.interval)
    assert len(found.releases) == len(result.release_table)
    total = worth(result, metric_change=found.releases[-1].cumulative_gain, mean_daily_kpi=10_000.0)
    assert found.releases[-1].cumulative_per_month_interval == total.per_month_interval


def test_misuse_of_marginal_gains_names_the_argument() -> None:
    table = release_table([0.1])
    with pytest.raises(TypeError, match="release_table"):
        valued([0.1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"release_table.*log_change"):
        valued(table.drop(columns="log_change"))
    with pytest.raises(ValueError, match="interval"):
        valued(table, interval=(2.0, 1.0))
    with pytest.raises(TypeError, match="interval"):
        valued(table, interval=1.0)
    with pytest.raises(TypeError, match="effect"):
        valued(table, effect="large")
    with pytest.raises(ValueError, match="effect_unit"):
        valued(release_table([]), effect_unit="furlongs")
    with pytest.raises(TypeError, match="mean_daily_kpi"):
        valued(release_table([]), mean_daily_kpi="much")


def test_no_table_whatever_makes_it_raise() -> None:
    odd = pd.DataFrame({"released_on": [pd.NaT, None, pd.NaT], "log_change": ["x", math.inf, None]})
    assert valued(odd).releases == ()


def test_many_releases_together_are_worth_what_would_be_missing() -> None:
    """Elasticity 1, log change ln 2: half of today's KPI of 100 a day would not be there."""
    together = worth_together(
        Found(1.0, (0.5, 2.0)), metric_change=math.log(2.0), mean_daily_kpi=100.0
    )
    assert together.kpi_per_day == pytest.approx(50.0)
    assert together.kpi_per_day_interval == pytest.approx((100 * (1 - 2**-0.5), 75.0))
    assert together.per_month == pytest.approx(50.0 * 30.4)


def test_together_is_worth_the_first_order_form_when_the_change_is_small() -> None:
    small = {"metric_change": 0.001, "mean_daily_kpi": 100.0}
    estimate = Found(1.2, (0.8, 1.6))
    first_order = worth(estimate, **small)
    assert worth_together(estimate, **small).per_month == pytest.approx(
        first_order.per_month, rel=1e-3
    )


def test_cost_is_taken_off_value_and_interval_alike() -> None:
    valued = worth(
        Found(1.0, (0.5, 1.5)), metric_change=0.1, mean_daily_kpi=1000.0, cost_per_month=500.0
    )
    assert valued.net_per_month == pytest.approx(100.0 * 30.4 - 500.0)
    assert valued.net_per_month_interval == pytest.approx((1520.0 - 500.0, 4560.0 - 500.0))


def test_a_cost_nobody_knows_is_not_a_cost_of_zero() -> None:
    for unknown in (None, math.nan):
        valued = worth_together(
            Found(1.0, (0.5, 1.5)), metric_change=0.1, mean_daily_kpi=10.0, cost_per_month=unknown
        )
        assert valued.net_per_month is None
        assert valued.net_per_month_interval is None


def test_cost_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="cost_per_month"):
        worth(
            Found(1.0, (0.5, 1.5)),
            metric_change=0.1,
            mean_daily_kpi=1.0,
            cost_per_month="500",  # type: ignore[arg-type]
        )


def test_costs_add_up_over_releases_until_one_is_not_known() -> None:
    table = pd.DataFrame(
        {
            "released_on": pd.date_range("2025-01-01", periods=3, freq="30D"),
            "log_change": [0.1, 0.05, 0.02],
            "cost_per_month": [100.0, 50.0, np.nan],
        }
    )
    found = marginal_gains(table, 1.0, (0.5, 1.5), 1000.0, rng=np.random.default_rng(0)).releases
    assert found[0].net_per_month == pytest.approx(3040.0 - 100.0)
    assert found[1].cumulative_net_per_month == pytest.approx(4560.0 - 150.0)
    assert found[1].cumulative_net_per_month_interval == pytest.approx((2130.0, 6690.0))
    assert found[2].net_per_month is None
    assert found[2].cumulative_net_per_month is None
    assert found[2].per_month == pytest.approx(608.0)


def test_an_effect_beyond_arithmetic_is_worth_an_unbounded_amount() -> None:
    valued = worth_together(Found(-1e9, (-2e9, 1e9)), metric_change=1.0, mean_daily_kpi=1.0)
    assert valued.per_month == -math.inf
