"""Is a fading effect worth the sum of its days, and never more a month than it brings?"""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from analytics.fading import EffectShape, FadingEffect
from analytics.fading_worth import fading_worth
from analytics.link_data import ELASTICITY
from analytics.money import worth

FADING = FadingEffect(
    effect=1.5,
    interval=(0.5, 2.5),
    p_value=0.001,
    lag_days=3,
    lag_set=(2, 4),
    better_fit=EffectShape.FADING,
    shape=EffectShape.FADING,
    permanent_p_value=0.001,
    fading_p_value=0.6,
)


@dataclass(frozen=True)
class Found:
    fading: FadingEffect | None
    effect: float = 1.0
    interval: tuple[float, float] = (0.5, 1.5)
    effect_unit: str = ELASTICITY


def test_total_is_the_sum_of_the_days_added_one_by_one() -> None:
    valued = fading_worth(FADING, effect_unit=ELASTICITY, metric_change=0.02, mean_daily_kpi=1000.0)
    days = 1.5 * 0.02 * 1000.0 * np.exp(-np.arange(2000) / 14.0)
    assert valued.in_total == pytest.approx(days.sum(), rel=1e-9)
    assert days[:30].sum() < valued.first_month < days[:31].sum()


def test_interval_stays_ordered_when_the_metric_fell() -> None:
    valued = fading_worth(
        FADING, effect_unit=ELASTICITY, metric_change=-0.02, mean_daily_kpi=1000.0
    )
    low, high = valued.in_total_interval
    assert low < valued.in_total < high < 0.0


def test_money_a_month_says_when_the_effect_fades_and_only_then() -> None:
    lasting = FadingEffect(**{**vars(FADING), "shape": EffectShape.PERMANENT})
    said = worth(Found(FADING), metric_change=0.1, mean_daily_kpi=10.0).caveats
    assert len(said) == 1
    assert "carried forward" in said[0]
    for silent in (lasting, None):
        assert worth(Found(silent), metric_change=0.1, mean_daily_kpi=10.0).caveats == ()


def test_an_infinite_change_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="metric_change"):
        fading_worth(FADING, effect_unit=ELASTICITY, metric_change=math.inf, mean_daily_kpi=1.0)
