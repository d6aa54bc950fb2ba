"""Where will the KPI stand at the end of the month, and how sure is that?

The sum of the period is what was seen plus simulated days to come: trend, weekdays, a yearly
season (from thirteen months of history), the calendar and the noise model of the whitened KPI, on
the log scale where the KPI is always positive. `back_test` says how good such forecasts were.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.delivery_forecast import DeliveryForecast, delivery_forecast
from analytics.forecast_paths import MIN_SHOCKS, simulate_paths
from analytics.future_days import extend
from analytics.kpi_data import assemble_kpi, check_kpi, kpi_scale
from analytics.link_data import FloatArray, RefusalError, finite
from analytics.planning_checks import check_count, check_number
from analytics.step_precision import plausible_views
from analytics.vocabulary import Verdict
from analytics.whitening import whiten_kpi

__all__ = ["DeliveryForecast", "PeriodForecast", "delivery_forecast", "to_period_end"]

GRAINS = {"week": "W-SUN", "month": "M", "quarter": "Q"}
LEVELS = (0.5, 0.8, 0.95)
HISTORY_DAYS = 1096
SEASON_FROM_DAYS = 396
WITHOUT_SEASON_DAYS = 299
MIN_CLOSED_DAYS = 8
MAX_CLOSED_WEEKDAYS = 2
DAY_COLUMNS = (
    "actual",
    "expected",
    *(f"{end}_{level:.0%}" for level in LEVELS for end in ("low", "high")),
)
METHOD = (
    "Simulated paths: trend, weekdays, yearly season, calendar and noise model of the whitened "
    "KPI, with bootstrapped innovations and the doubt about every estimate."
)


@dataclass(frozen=True, eq=False)
class PeriodForecast:
    """The sum of a KPI over a period that has begun, or is about to.

    Attributes:
        grain, period_start, period_end: The period; first and last day.
        so_far: Sum of the days seen in it. `days_seen`, `days_missing`, `days_left`: how many.
        expected: Median of the sum at the period's end; NaN when refused.
        intervals: {0.5, 0.8, 0.95: (low, high)} of that sum.
        target, chance_of_target: The sum asked about and the share of paths that reach it.
        reason, more_needed: Why there is no forecast and what would help; empty when there is one.
        days: By day of the period: actual, expected, low_50%, high_50%, ... (of each day alone).
        method, caveats: How, and what a reader must see.
    """

    grain: str
    period_start: pd.Timestamp | None
    period_end: pd.Timestamp | None
    so_far: float
    days_seen: int
    days_missing: int
    days_left: int
    expected: float
    intervals: dict[float, tuple[float, float]]
    target: float | None
    chance_of_target: float
    reason: str
    more_needed: str
    days: pd.DataFrame
    method: str
    caveats: tuple[str, ...]

    @property
    def has_forecast(self) -> bool:
        """Whether the data carried a forecast."""
        return not self.reason


def to_period_end(
    kpi: pd.Series,
    *,
    rng: np.random.Generator,
    calendar: pd.DataFrame | None = None,
    grain: str = "month",
    target: float | None = None,
    n_paths: int = 4000,
) -> PeriodForecast:
    """Forecast the sum of the period in which the day after the last value lies.

    Args:
        kpi: (n,) values by complete day, NaN where missing; index: sorted, unique local days. It
            must add up over days: a sum or a count, no ratio.
        rng: Source of the paths; the same seed gives the same answer.
        calendar: Known confounders by day, coming days included (planned promotions, holidays).
        grain: `week` (from Monday), `month` or `quarter`.
        target: Sum whose chance is asked for.
        n_paths: Simulated paths, at least 200.

    Returns:
        A `PeriodForecast`; data that cannot carry one gives a reason instead.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    check_kpi(kpi, calendar=calendar, rng=rng)
    if grain not in GRAINS:
        raise ValueError(f"grain: expected one of {', '.join(GRAINS)}, got {grain!r}")
    check_count("n_paths", n_paths, least=200)
    if target is not None:
        check_number("target", target)
    _, kpi, cleaned = finite(kpi, kpi)
    period = period_after(kpi, grain)
    if period is None:
        return _refused(grain, period, kpi, target, "The KPI has no values.", "Deliver the KPI.")
    try:
        paths, actual, caveats = _forecast(kpi, period, calendar, rng, n_paths)
    except RefusalError as refusal:
        return _refused(grain, period, kpi, target, refusal.reason, refusal.more_needed)
    unreadable = tuple(caveat for caveat in cleaned if "KPI" in caveat)
    return _answer(grain, paths, actual, (*unreadable, *caveats), target)


def period_after(kpi: pd.Series, grain: str) -> pd.DatetimeIndex | None:
    """The days of the period in which the day after the last value lies; None without values."""
    seen = kpi.dropna()
    if seen.empty:
        return None
    next_day = pd.Timestamp(seen.index[-1]) + pd.Timedelta(days=1)
    period = next_day.to_period(GRAINS[grain])
    return pd.date_range(period.start_time.normalize(), period.end_time.normalize())


def _forecast(
    kpi: pd.Series,
    period: pd.DatetimeIndex,
    calendar: pd.DataFrame | None,
    rng: np.random.Generator,
    n_paths: int,
) -> tuple[FloatArray, pd.Series, tuple[str, ...]]:
    """Paths (days of the period, n_paths) in KPI units, the days seen, and caveats."""
    history = _history(kpi)
    closed = _closed_weekdays(history)
    is_open = ~pd.DatetimeIndex(history.index).day_of_week.isin(closed)
    data = assemble_kpi(history.where(is_open), calendar)
    if data.period_days != 1:
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA, "A forecast needs daily data.", "Deliver the KPI by day."
        )
    horizon = extend(data, (period[-1] - data.days[-1]).days, calendar=calendar)
    views = plausible_views(data, whiten_kpi(data))
    drawn = simulate_paths(data, views, horizon, rng=rng, n_paths=n_paths)
    values = kpi_scale(data, np.minimum(drawn, 230.0) if data.is_log else drawn)
    if not data.is_log and float(np.nanmin(history)) >= 0.0:
        values = np.maximum(values, 0.0)
    frame = pd.DataFrame(values, index=horizon.days).reindex(period)
    actual = history.reindex(period)
    paths = frame.to_numpy(copy=True)
    paths[period.day_of_week.isin(closed)] = 0.0
    known = actual.notna().to_numpy()
    paths[known] = actual.to_numpy()[known, None]
    caveats = _caveats(data.caveats, len(history), closed, calendar)
    shocks = int(views[0].whitened.shocks.sum())
    return paths, actual, (*_shock_caveat(shocks), *caveats)


def _history(kpi: pd.Series) -> pd.Series:
    """The last three years; fewer days where too few years are seen to know a season.

    With ten to thirteen months a yearly season would be extrapolated into months never seen.
    """
    known = kpi.dropna().index
    first, last = pd.Timestamp(known[0]), pd.Timestamp(known[-1])
    span = (last - first).days + 1
    keep = HISTORY_DAYS if span >= SEASON_FROM_DAYS else WITHOUT_SEASON_DAYS
    return kpi[(kpi.index <= last) & (kpi.index > last - pd.Timedelta(days=keep))]


def _closed_weekdays(history: pd.Series) -> tuple[int, ...]:
    """Weekdays on which every value is exactly zero, up to two: the business is closed then."""
    known = history.dropna()
    by_weekday = known.abs().groupby(pd.DatetimeIndex(known.index).day_of_week)
    zero = by_weekday.max()[(by_weekday.max() == 0.0) & (by_weekday.size() >= MIN_CLOSED_DAYS)]
    return tuple(int(each) for each in zero.index) if len(zero) <= MAX_CLOSED_WEEKDAYS else ()


def _caveats(
    known: tuple[str, ...], n_days: int, closed: tuple[int, ...], calendar: pd.DataFrame | None
) -> tuple[str, ...]:
    caveats = list(known)
    if n_days <= WITHOUT_SEASON_DAYS:
        caveats.append("Too little history for a yearly season: a coming peak is not foreseen.")
    elif n_days < 2 * 365:
        caveats.append("The yearly season was seen only once.")
    if closed:
        caveats.append("Weekdays that were always zero are taken to stay so.")
    if calendar is None or calendar.shape[1] == 0:
        caveats.append("No calendar was given: coming promotions and holidays are not foreseen.")
    caveats.append("Holds if the business goes on as it did; a coming change is not foreseen.")
    return tuple(caveats)


def _shock_caveat(shocks: int) -> tuple[str, ...]:
    if shocks == 0:
        return ()
    again = "may come back at their past rate" if shocks >= MIN_SHOCKS else "are not foreseen again"
    return (f"{shocks} unlisted one-day shocks were set aside; such days {again}.",)


def _answer(
    grain: str,
    paths: FloatArray,
    actual: pd.Series,
    caveats: tuple[str, ...],
    target: float | None,
) -> PeriodForecast:
    period = pd.DatetimeIndex(actual.index)
    sums = paths.sum(axis=0)
    begun, seen = _begun(actual), int(actual.notna().sum())
    days = pd.DataFrame({"actual": actual, "expected": np.median(paths, axis=1)}, index=period)
    for level in LEVELS:
        low, high = np.quantile(paths, _ends(level), axis=1)
        days[f"low_{level:.0%}"], days[f"high_{level:.0%}"] = low, high
    return PeriodForecast(
        grain=grain,
        period_start=period[0],
        period_end=period[-1],
        so_far=float(actual.sum()),
        days_seen=seen,
        days_missing=begun - seen,
        days_left=len(period) - begun,
        expected=float(np.median(sums)),
        intervals={level: _interval(sums, level) for level in LEVELS},
        target=target,
        chance_of_target=math.nan if target is None else float((sums >= target).mean()),
        reason="",
        more_needed="",
        days=days,
        method=METHOD,
        caveats=caveats,
    )


def _begun(actual: pd.Series) -> int:
    """Days of the period up to the last that was seen."""
    positions = np.flatnonzero(actual.notna().to_numpy())
    return int(positions[-1]) + 1 if len(positions) else 0


def _ends(level: float) -> tuple[float, float]:
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0


def _interval(sums: FloatArray, level: float) -> tuple[float, float]:
    low, high = np.quantile(sums, _ends(level))
    return float(low), float(high)


def _refused(
    grain: str,
    period: pd.DatetimeIndex | None,
    kpi: pd.Series,
    target: float | None,
    reason: str,
    more_needed: str,
) -> PeriodForecast:
    index = pd.DatetimeIndex([]) if period is None else period
    actual = kpi.astype("float64").reindex(index)
    begun, seen = _begun(actual), int(actual.notna().sum())
    return PeriodForecast(
        grain=grain,
        period_start=None if period is None else period[0],
        period_end=None if period is None else period[-1],
        so_far=float(actual.sum()),
        days_seen=seen,
        days_missing=begun - seen,
        days_left=len(index) - begun,
        expected=math.nan,
        intervals=dict.fromkeys(LEVELS, (math.nan, math.nan)),
        target=target,
        chance_of_target=math.nan,
        reason=reason,
        more_needed=more_needed,
        days=pd.DataFrame({"actual": actual}).reindex(columns=list(DAY_COLUMNS)),
        method="None: the data was refused before a forecast.",
        caveats=(),
    )
