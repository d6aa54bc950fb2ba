"""What is an effect worth: in the KPI's own unit a day, and in money a month?"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

import numpy as np
import pandas as pd

from analytics.fading import FadingEffect
from analytics.gain_trend import GainTrend, gain_trend
from analytics.link_data import ELASTICITY, SLOPE

DAYS_A_MONTH = 30.4
RECENT_DAYS = 28
# what the gains of releases are counted in, by the unit of the effect
_GAIN_UNITS = {
    ELASTICITY: "in log changes of the metric (0.01 is about 1 %)",
    SLOPE: "in the metric's own unit",
}


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
    `cost_per_month`, where known, is in the unit of `per_month`. `caveats` must be read with any
    of the figures.
    """

    kpi_per_day: float
    kpi_per_day_interval: tuple[float, float]
    per_month: float
    per_month_interval: tuple[float, float]
    metric_change: float
    mean_daily_kpi: float
    cost_per_month: float | None = None
    caveats: tuple[str, ...] = ()

    @property
    def net_per_month(self) -> float | None:
        """`per_month` less the cost; None where the cost is not known."""
        return _less(self.per_month, self.cost_per_month)

    @property
    def net_per_month_interval(self) -> tuple[float, float] | None:
        """95 % interval of `net_per_month`; the cost is taken as exact."""
        return _interval_less(self.per_month_interval, self.cost_per_month)


@dataclass(frozen=True)
class ReleaseGain:
    """What one release added, and all releases up to it.

    `gain` is the log change of the metric (for KPI units per metric unit: its plain change);
    money as in `Worth.per_month`, with 95 % intervals. Costs, where known, are in the same unit; a
    sum over releases is known when every part is.
    """

    released_on: pd.Timestamp
    gain: float
    per_month: float
    per_month_interval: tuple[float, float]
    cumulative_gain: float
    cumulative_per_month: float
    cumulative_per_month_interval: tuple[float, float]
    cost_per_month: float | None = None
    cumulative_cost_per_month: float | None = None

    @property
    def net_per_month(self) -> float | None:
        """`per_month` less this release's cost; None where it is not known."""
        return _less(self.per_month, self.cost_per_month)

    @property
    def net_per_month_interval(self) -> tuple[float, float] | None:
        """95 % interval of `net_per_month`."""
        return _interval_less(self.per_month_interval, self.cost_per_month)

    @property
    def cumulative_net_per_month(self) -> float | None:
        """`cumulative_per_month` less all costs so far; None where one is not known."""
        return _less(self.cumulative_per_month, self.cumulative_cost_per_month)

    @property
    def cumulative_net_per_month_interval(self) -> tuple[float, float] | None:
        """95 % interval of `cumulative_net_per_month`."""
        return _interval_less(self.cumulative_per_month_interval, self.cumulative_cost_per_month)


@dataclass(frozen=True)
class MarginalGains:
    """Releases in order with their worth, and whether later ones gain less.

    `trend` is that of the gains; times the effect it is the trend of their worth. Nothing is
    said of releases yet to come.
    """

    releases: tuple[ReleaseGain, ...]
    trend: GainTrend
    caveats: tuple[str, ...]


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


def worth(
    estimate: Estimate,
    *,
    metric_change: float,
    mean_daily_kpi: float,
    cost_per_month: float | None = None,
) -> Worth:
    """Turn an effect into KPI units a day and a month for one change of the metric.

    Elasticity: effect x log change x mean daily KPI. KPI units per metric unit: effect x change.
    Add the log changes of several releases to value them together. A month has 30.4 days.
    `cost_per_month` is what the change costs to run, in the KPI's unit (so the KPI is money).
    """
    _check_number("metric_change", metric_change)
    _check_number("mean_daily_kpi", mean_daily_kpi)
    factor = _kpi_per_unit_of_effect(estimate.effect_unit, metric_change, mean_daily_kpi)
    return _worth(
        estimate,
        lambda effect: effect * factor,
        metric_change=metric_change,
        mean_daily_kpi=mean_daily_kpi,
        cost_per_month=cost_per_month,
    )


def worth_together(
    estimate: Estimate,
    *,
    metric_change: float,
    mean_daily_kpi: float,
    cost_per_month: float | None = None,
) -> Worth:
    """What many releases are worth together: the part of today's KPI that would not be there.

    With an elasticity e and a log change c the KPI without the releases would be KPI x exp(-e c),
    so they are worth KPI x (1 - exp(-e c)). `worth` is the first-order form for one release; added
    up over two years of gains it can exceed all that the KPI ever grew. The same as `worth` on the
    scale of KPI units per metric unit.
    """
    _check_number("metric_change", metric_change)
    _check_number("mean_daily_kpi", mean_daily_kpi)
    factor = _kpi_per_unit_of_effect(estimate.effect_unit, metric_change, mean_daily_kpi)
    is_log = estimate.effect_unit == ELASTICITY

    def per_day(effect: float) -> float:
        if not is_log:
            return effect * factor
        with np.errstate(over="ignore"):
            return mean_daily_kpi * -float(np.expm1(-effect * metric_change))

    return _worth(
        estimate,
        per_day,
        metric_change=metric_change,
        mean_daily_kpi=mean_daily_kpi,
        cost_per_month=cost_per_month,
    )


def _worth(
    estimate: Estimate,
    per_day: Callable[[float], float],
    *,
    metric_change: float,
    mean_daily_kpi: float,
    cost_per_month: float | None,
) -> Worth:
    if cost_per_month is not None:
        _check_number("cost_per_month", cost_per_month)
    low, high = sorted(float(per_day(bound)) for bound in estimate.interval)
    value = float(per_day(estimate.effect))
    fading: FadingEffect | None = getattr(estimate, "fading", None)
    caveat = None if fading is None else fading.caveat
    return Worth(
        kpi_per_day=value,
        kpi_per_day_interval=(low, high),
        per_month=value * DAYS_A_MONTH,
        per_month_interval=(low * DAYS_A_MONTH, high * DAYS_A_MONTH),
        metric_change=metric_change,
        mean_daily_kpi=mean_daily_kpi,
        cost_per_month=_known_cost(cost_per_month),
        caveats=() if caveat is None else (caveat,),
    )


@dataclass(frozen=True)
class _Known:
    effect: float
    interval: tuple[float, float]
    effect_unit: str


def marginal_gains(
    release_table: pd.DataFrame,
    effect: float,
    interval: tuple[float, float],
    mean_daily_kpi: float,
    *,
    rng: np.random.Generator,
    effect_unit: str = ELASTICITY,
) -> MarginalGains:
    """Value every release of a step metric in order, and test whether later ones gain less.

    Args:
        release_table: that of a `LinkResult`: released_on and log_change are read, in any order,
            and cost_per_month (what the release costs to run, in the KPI's unit) where it is there.
        effect, interval: of the link, in `effect_unit`; NaN when it could not be estimated.
        mean_daily_kpi: level at which all releases are valued, whenever they happened.
        rng: for the p-value of the trend.

    The effect is one and the same for all releases, so its uncertainty does not average out:
    bounds of a sum are sums of bounds.

    Raises:
        TypeError, ValueError: an argument is not what it should be; the message names it.
    """
    if not isinstance(release_table, pd.DataFrame):
        raise TypeError(f"release_table: expected a frame, got {type(release_table).__name__}")
    missing = [n for n in ("released_on", "log_change") if n not in release_table.columns]
    if missing:
        raise ValueError(f"release_table: lacks the columns {', '.join(missing)}")
    _check_number("effect", effect)
    known = _Known(float(effect), _checked_interval(interval), effect_unit)
    _kpi_per_unit_of_effect(effect_unit, 0.0, 0.0)
    _check_number("mean_daily_kpi", mean_daily_kpi)
    rows = _release_rows(release_table)
    gains = [float(gain) for gain in rows["gain"]]
    parts = (rows["gain"], rows["gain"].cumsum(), rows["cost"], rows["cost"].cumsum(skipna=False))
    releases = tuple(
        _release_gain(known, pd.Timestamp(day), mean_daily_kpi, *map(float, each))
        for day, *each in zip(rows["day"], *parts, strict=True)
    )
    caveats = _gain_caveats(gains, n_left_out=len(release_table) - len(rows))
    trend = gain_trend(gains, rng=rng, unit=_GAIN_UNITS[effect_unit])
    return MarginalGains(releases, trend, caveats)


def _release_rows(release_table: pd.DataFrame) -> pd.DataFrame:
    """Columns day, gain and cost (missing where not known) of the releases with a known gain."""
    costs = release_table.get("cost_per_month", pd.Series(np.nan, release_table.index))
    rows = pd.DataFrame(
        {
            "day": pd.to_datetime(release_table["released_on"], errors="coerce"),
            "gain": pd.to_numeric(release_table["log_change"], errors="coerce").astype("float64"),
            "cost": pd.to_numeric(costs, errors="coerce").astype("float64"),
        }
    ).sort_values("day", kind="stable")
    return rows[rows["day"].notna() & np.isfinite(rows["gain"])]


def _release_gain(
    known: _Known,
    day: pd.Timestamp,
    level: float,
    gain: float,
    total: float,
    cost: float,
    total_cost: float,
) -> ReleaseGain:
    alone = worth(known, metric_change=gain, mean_daily_kpi=level)
    together = worth(known, metric_change=total, mean_daily_kpi=level)
    return ReleaseGain(
        released_on=day,
        gain=gain,
        per_month=alone.per_month,
        per_month_interval=alone.per_month_interval,
        cumulative_gain=total,
        cumulative_per_month=together.per_month,
        cumulative_per_month_interval=together.per_month_interval,
        cost_per_month=_known_cost(cost),
        cumulative_cost_per_month=_known_cost(total_cost),
    )


def _known_cost(cost: float | None) -> float | None:
    """A cost that is not known (NaN) is no cost of zero."""
    return None if cost is None or not math.isfinite(cost) else float(cost)


def _less(amount: float, cost: float | None) -> float | None:
    return None if cost is None else amount - cost


def _interval_less(interval: tuple[float, float], cost: float | None) -> tuple[float, float] | None:
    return None if cost is None else (interval[0] - cost, interval[1] - cost)


def _gain_caveats(gains: list[float], *, n_left_out: int) -> tuple[str, ...]:
    caveats = ["The gains themselves are taken as exact; the intervals are those of the effect."]
    n_lost = sum(gain < 0 for gain in gains)
    if n_lost:
        caveats.append(f"{n_lost} of {len(gains)} releases lowered the metric and count so.")
    if n_left_out:
        caveats.append(f"{n_left_out} releases without a date or a known gain were left out.")
    return tuple(caveats)


def _checked_interval(interval: tuple[float, float]) -> tuple[float, float]:
    if not isinstance(interval, Sequence) or len(interval) != 2:
        raise TypeError("interval: expected two numbers, low and high")
    for bound in interval:
        if isinstance(bound, bool) or not isinstance(bound, Real):
            raise TypeError(f"interval: expected numbers, got {type(bound).__name__}")
    low, high = float(interval[0]), float(interval[1])
    if low > high:
        raise ValueError(f"interval: low {low} lies above high {high}")
    return low, high


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
