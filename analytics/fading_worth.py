"""What is an effect worth that fades within weeks?"""

import math
from dataclasses import dataclass

from analytics.fading import FADE_DAYS, FadingEffect
from analytics.money import DAYS_A_MONTH, worth


@dataclass(frozen=True)
class FadingWorth:
    """What a fading effect brings over all the days until it is gone, with its 95 % interval.

    `in_total` is a sum, not an amount a month: nothing more comes after it. In the KPI's unit.
    """

    in_total: float
    in_total_interval: tuple[float, float]
    first_month: float
    first_month_interval: tuple[float, float]


@dataclass(frozen=True)
class _AtFirst:
    effect: float
    interval: tuple[float, float]
    effect_unit: str


def fading_worth(
    fading: FadingEffect, *, effect_unit: str, metric_change: float, mean_daily_kpi: float
) -> FadingWorth:
    """Value one change of the metric whose effect falls to exp(-k / 14) after k days.

    Args:
        fading: that of a `LinkResult`; `effect_unit` is that result's unit.
        metric_change, mean_daily_kpi: as in `analytics.money.worth`.

    Raises:
        TypeError, ValueError: an argument is not what it should be; the message names it.
    """
    at_first = worth(
        _AtFirst(fading.effect, fading.interval, effect_unit),
        metric_change=metric_change,
        mean_daily_kpi=mean_daily_kpi,
    )
    kept = math.exp(-1.0 / FADE_DAYS)
    all_days = 1.0 / (1.0 - kept)
    month = all_days * (1.0 - kept**DAYS_A_MONTH)
    value, (low, high) = at_first.kpi_per_day, at_first.kpi_per_day_interval
    return FadingWorth(
        in_total=value * all_days,
        in_total_interval=(low * all_days, high * all_days),
        first_month=value * month,
        first_month_interval=(low * month, high * month),
    )
