"""What is an effect worth: in the KPI's own unit a day, and in money a month?"""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

import pandas as pd

from analytics.link_data import ELASTICITY, SLOPE

DAYS_A_MONTH = 30.4
RECENT_DAYS = 28


class Estimate(Protocol):
    """Anything with an effect, its interval and the unit of both; a `LinkResult` is one."""

    @property
    def effect(self) -> float:
        """Elasticity, or KPI units per metric unit."""
        ...

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the effect."""
        ...

    @property
    def effect_unit(self) -> str:
        """`analytics.link.ELASTICITY` or `analytics.link.SLOPE`."""
        ...


@dataclass(frozen=True)
class Worth:
    """What a change of the metric is worth, always with its 95 % interval.

    `kpi_per_day` is in the KPI's unit; `per_month` in the same unit over 30.4 days, which is
    money when the KPI is. `metric_change` is the log change (elasticity) or the plain change of
    the metric that the figures are for, `mean_daily_kpi` the level they start from.
    """

    kpi_per_day: float
    kpi_per_day_interval: tuple[float, float]
    per_month: float
    per_month_interval: tuple[float, float]
    metric_change: float
    mean_daily_kpi: float


def mean_daily_kpi(kpi: pd.Series, *, last_complete_day: pd.Timestamp | None = None) -> float:
    """Mean of the last 28 complete days of a daily KPI, missing days left out.

    `last_complete_day` ends the window; without it the last day that has a value does. NaN when
    no day of the window has a value.
    """
    if not isinstance(kpi.index, pd.DatetimeIndex):
        raise TypeError(f"kpi: expected a DatetimeIndex of days, got {type(kpi.index).__name__}")
    known = kpi.dropna()
    if last_complete_day is None and known.empty:
        return float("nan")
    end = pd.Timestamp(known.index[-1]) if last_complete_day is None else last_complete_day
    start = end - pd.Timedelta(days=RECENT_DAYS - 1)
    window = known[(known.index >= start) & (known.index <= end)]
    return float(window.mean()) if len(window) else float("nan")


def worth(estimate: Estimate, *, metric_change: float, mean_daily_kpi: float) -> Worth:
    """Turn an effect into KPI units a day and a month for one change of the metric.

    Elasticity: effect x log change x mean daily KPI. KPI units per metric unit: effect x change.
    Add the log changes of several releases to value them together. A month has 30.4 days.
    """
    _check_number("metric_change", metric_change)
    _check_number("mean_daily_kpi", mean_daily_kpi)
    factor = _kpi_per_unit_of_effect(estimate.effect_unit, metric_change, mean_daily_kpi)
    low, high = sorted(float(bound * factor) for bound in estimate.interval)
    value = float(estimate.effect * factor)
    return Worth(
        kpi_per_day=value,
        kpi_per_day_interval=(low, high),
        per_month=value * DAYS_A_MONTH,
        per_month_interval=(low * DAYS_A_MONTH, high * DAYS_A_MONTH),
        metric_change=metric_change,
        mean_daily_kpi=mean_daily_kpi,
    )


def smallest_effect(
    smallest_gain_per_month: float,
    *,
    metric_change: float,
    mean_daily_kpi: float,
    effect_unit: str = ELASTICITY,
) -> float:
    """The effect at which a change of the metric is worth the smallest gain that matters.

    The inverse of `worth`; always positive, whatever the sign of the change. Infinite when the
    metric does not change or the KPI is zero: then no effect is worth anything.
    """
    _check_number("smallest_gain_per_month", smallest_gain_per_month)
    _check_number("metric_change", metric_change)
    _check_number("mean_daily_kpi", mean_daily_kpi)
    if smallest_gain_per_month <= 0:
        raise ValueError(
            f"smallest_gain_per_month: expected a positive amount, got {smallest_gain_per_month}"
        )
    factor = abs(_kpi_per_unit_of_effect(effect_unit, metric_change, mean_daily_kpi))
    return math.inf if factor == 0.0 else smallest_gain_per_month / (factor * DAYS_A_MONTH)


def _kpi_per_unit_of_effect(effect_unit: str, metric_change: float, mean_daily_kpi: float) -> float:
    if effect_unit == ELASTICITY:
        return metric_change * mean_daily_kpi
    if effect_unit == SLOPE:
        return metric_change
    raise ValueError(f"effect_unit: expected {ELASTICITY!r} or {SLOPE!r}, got {effect_unit!r}")


def _check_number(name: str, value: float) -> None:
    """A number that is not known (NaN) is data and passes through; infinity is a mistake."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}")
    if math.isinf(value):
        raise ValueError(f"{name}: expected a finite number, got {value}")
