"""How good would earlier forecasts of this KPI have been?

Rolling origin: at some days of each of the last complete periods the rest of the period is
forecast from the days up to then alone, and compared with what came. Beside it stands the seasonal
naive forecast: every coming day repeats the same weekday of the last week.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.forecast import GRAINS, LEVELS, PeriodForecast, to_period_end
from analytics.kpi_data import check_kpi
from analytics.planning_checks import check_count

ELAPSED = (0.0, 1.0 / 3.0, 2.0 / 3.0)
RECENT_DAYS = 28


@dataclass(frozen=True, eq=False)
class BackTest:
    """What forecasts of the last periods were worth.

    Attributes:
        table: One row a forecast: period_start, origin (last day known), days_left, actual,
            expected, naive, and low and high at 50, 80 and 95 %; all sums of whole periods.
        coverage: {0.5, 0.8, 0.95: share of rows whose interval held the actual sum}.
        error, naive_error: Mean absolute error as a share of the mean actual sum.
        n: Rows.
        reason: Why there are none; empty when there are.
    """

    table: pd.DataFrame
    coverage: dict[float, float]
    error: float
    naive_error: float
    n: int
    reason: str


def back_test(
    kpi: pd.Series,
    *,
    rng: np.random.Generator,
    calendar: pd.DataFrame | None = None,
    grain: str = "month",
    n_periods: int = 12,
    n_paths: int = 1000,
) -> BackTest:
    """Forecast each of the last complete periods from its start, after a third and after two.

    Arguments as for `to_period_end`; periods with missing days are passed over.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    check_kpi(kpi, calendar=calendar, rng=rng)
    check_count("n_periods", n_periods, least=1)
    check_count("n_paths", n_paths, least=200)
    if grain not in GRAINS:
        raise ValueError(f"grain: expected one of {', '.join(GRAINS)}, got {grain!r}")
    rows = []
    for period in _complete_periods(kpi, grain)[-n_periods:]:
        for origin in _origins(period):
            made = to_period_end(
                kpi.loc[:origin], rng=rng, calendar=calendar, grain=grain, n_paths=n_paths
            )
            if made.has_forecast and made.period_start == period[0]:
                rows.append(_row(kpi, period, origin, made))
    return _summary(rows)


def seasonal_naive(known: pd.Series, coming: pd.DatetimeIndex) -> float:
    """Sum of the coming days if each repeats its weekday of the last week, or of the last four."""
    recent = known.iloc[-RECENT_DAYS:]
    weekday = pd.DatetimeIndex(recent.index).day_of_week
    typical = recent.groupby(weekday).mean()
    last = recent.iloc[-7:].dropna()
    typical.update(last.groupby(pd.DatetimeIndex(last.index).day_of_week).last())
    return float(typical.reindex(coming.day_of_week).fillna(typical.mean()).sum())


def _complete_periods(kpi: pd.Series, grain: str) -> list[pd.DatetimeIndex]:
    """Days of every period whose days all have a value, oldest first."""
    known = kpi.dropna()
    labels = pd.DatetimeIndex(known.index).to_period(GRAINS[grain])
    counts = known.groupby(labels).size()
    periods = [
        pd.date_range(label.start_time.normalize(), label.end_time.normalize())
        for label in counts.index
    ]
    return [days for days, count in zip(periods, counts, strict=True) if len(days) == count]


def _origins(period: pd.DatetimeIndex) -> list[pd.Timestamp]:
    """The last day known of each forecast: the day before the period, and days inside it."""
    return [period[0] + pd.Timedelta(days=math.floor(share * len(period)) - 1) for share in ELAPSED]


def _row(
    kpi: pd.Series, period: pd.DatetimeIndex, origin: pd.Timestamp, made: PeriodForecast
) -> dict[str, object]:
    coming = period[period > origin]
    row: dict[str, object] = {
        "period_start": period[0],
        "origin": origin,
        "days_left": len(coming),
        "actual": float(kpi.reindex(period).sum()),
        "expected": made.expected,
        "naive": made.so_far + seasonal_naive(kpi.loc[:origin], coming),
    }
    for level, (low, high) in made.intervals.items():
        row[f"low_{level:.0%}"], row[f"high_{level:.0%}"] = low, high
    return row


def _summary(rows: list[dict[str, object]]) -> BackTest:
    table = pd.DataFrame(rows)
    if table.empty:
        nothing = dict.fromkeys(LEVELS, math.nan)
        reason = "No complete period lies after enough history for a forecast."
        return BackTest(table, nothing, math.nan, math.nan, 0, reason)
    actual = table["actual"]
    size = float(actual.abs().mean())
    coverage = {
        level: float(actual.between(table[f"low_{level:.0%}"], table[f"high_{level:.0%}"]).mean())
        for level in LEVELS
    }
    return BackTest(
        table=table,
        coverage=coverage,
        error=_share(float((table["expected"] - actual).abs().mean()), size),
        naive_error=_share(float((table["naive"] - actual).abs().mean()), size),
        n=len(table),
        reason="",
    )


def _share(error: float, size: float) -> float:
    return error / size if size > 0.0 else math.nan
