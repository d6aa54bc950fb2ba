"""On which regular grid, on which scale and with which gaps does a link analysis see its data?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.vocabulary import Verdict, percent

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

MIN_DAYS = 90
MIN_WEEKS = 40
MIN_MONTHS = 40
MONTH_DAYS = 30
PERIOD_NAMES = {1: "day", 7: "week", MONTH_DAYS: "month"}
_LEAST_PERIODS = {1: MIN_DAYS, 7: MIN_WEEKS, MONTH_DAYS: MIN_MONTHS}
MAX_MISSING_SHARE = 0.30
STEP_SHARE = 0.20
LARGEST_VALUE = 1e100


class RefusalError(Exception):
    """The data cannot carry an estimate; says which verdict follows and why."""

    def __init__(
        self, verdict: Verdict, reason: str, more_needed: str, *, n_releases: int = 0
    ) -> None:
        super().__init__(reason)
        self.n_releases = n_releases
        self.verdict = verdict
        self.reason = reason
        self.more_needed = more_needed


def counted(number: int, noun: str) -> str:
    """The number with its noun, in the plural unless it is 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def unworkable() -> RefusalError:
    """What is said of values that arithmetic cannot hold."""
    return RefusalError(
        Verdict.INVALID_DATA,
        "The values are too large, too small or too uneven to compute with.",
        "Check the units of both series.",
    )


@dataclass(frozen=True, eq=False)
class LinkData:
    """Metric and KPI on one regular grid of n periods.

    `x` and `y` are the metric and the KPI on the analysis scale (natural logarithms when both
    are always positive, as they are otherwise), NaN where missing. `period_days` is 1, 7 or, for
    months, 30.
    """

    days: pd.DatetimeIndex
    period_days: int
    is_log: bool
    is_step: bool
    metric: FloatArray
    kpi: FloatArray
    x: FloatArray
    y: FloatArray
    calendar: pd.DataFrame
    caveats: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of periods on the grid."""
        return len(self.days)

    @property
    def kpi_is_missing(self) -> BoolArray:
        """(n,) True where the KPI was not observed."""
        return np.isnan(self.y)

    @property
    def effect_unit(self) -> str:
        """The unit of every effect estimated from this data."""
        return ELASTICITY if self.is_log else SLOPE

    @property
    def period_name(self) -> str:
        """`day` or `week`."""
        return PERIOD_NAMES[self.period_days]


ELASTICITY = "elasticity (% change of the KPI per 1 % change of the metric)"
SLOPE = "KPI units per metric unit"


def assemble(metric: pd.Series, kpi: pd.Series, calendar: pd.DataFrame | None) -> LinkData:
    """Put both series on one regular grid, or raise `RefusalError` with the verdict and why."""
    metric, kpi, caveats = finite(metric, kpi)
    _require_observations(metric, kpi)
    period_days = period_days_of(metric.index)
    if period_days == MONTH_DAYS:
        metric, kpi = (each.set_axis(month_starts(each.index)) for each in (metric, kpi))
    seen_metric, seen_kpi = metric.dropna().index, kpi.dropna().index
    first = max(pd.Timestamp(seen_metric[0]), pd.Timestamp(seen_kpi[0]))
    last = pd.Timestamp(seen_kpi[-1])
    _require_span(first, last, period_days)
    days = grid_days(first, last, period_days)
    metric_values = _on_grid(metric, days)
    kpi_values = _on_grid(kpi, days)
    is_step = is_step_metric(metric_values)
    if is_step:
        metric_values = _carried_on_grid(metric, days)
    _require_complete(metric_values, kpi_values, is_step)
    _require_variation(metric_values, kpi_values)
    is_log = bool(np.nanmin(metric_values) > 0 and np.nanmin(kpi_values) > 0)
    if not is_log:
        caveats.append(_identity_caveat(metric_values, kpi_values))
    if period_days == 7:
        caveats.append("Weekly data: intervals are approximate, lags are whole weeks.")
    if period_days == MONTH_DAYS:
        caveats.append(
            f"Monthly data: intervals are approximate, lags are whole months of {MONTH_DAYS} days."
        )
    return LinkData(
        days=days,
        period_days=period_days,
        is_log=is_log,
        is_step=is_step,
        metric=metric_values,
        kpi=kpi_values,
        x=np.log(metric_values) if is_log else metric_values,
        y=np.log(kpi_values) if is_log else kpi_values,
        calendar=calendar_on_grid(calendar, days, period_days),
        caveats=tuple(caveats),
    )


def finite(metric: pd.Series, kpi: pd.Series) -> tuple[pd.Series, pd.Series, list[str]]:
    """Both series as floats, infinite and absurdly large values missing, and a caveat for each."""
    caveats = []
    cleaned = []
    for name, series in (("metric", metric), ("KPI", kpi)):
        values = series.astype("float64")
        beyond = values.abs() > LARGEST_VALUE
        if beyond.any():
            caveats.append(
                f"{int(beyond.sum())} infinite values of the {name} were treated as missing."
            )
        cleaned.append(values.mask(beyond))
    return cleaned[0], cleaned[1], caveats


def _require_observations(metric: pd.Series, kpi: pd.Series) -> None:
    for name, series in (("metric", metric), ("KPI", kpi)):
        if series.notna().sum() == 0:
            raise RefusalError(
                Verdict.INVALID_DATA,
                f"The {name} has no value at all in this period.",
                f"Deliver the {name}; at least {MIN_DAYS} days are needed.",
            )


def period_days_of(index: pd.Index) -> int:
    """1 for daily, 7 for weekly and 30 for monthly data, from the distances of the index."""
    if len(index) < 3:
        return 1
    steps = np.diff(index.to_numpy().astype("datetime64[D]")).astype(np.int64)
    median = float(np.median(steps))
    if median <= 2:
        return 1
    if median == 7 and np.all(steps % 7 == 0):
        return 7
    if _is_monthly(pd.DatetimeIndex(index)):
        return MONTH_DAYS
    raise RefusalError(
        Verdict.NOT_ENOUGH_DATA,
        f"Observations are typically {median:.0f} days apart; a link needs daily, weekly or "
        "monthly data.",
        f"Deliver at least {MIN_DAYS} days of daily, {MIN_WEEKS} weeks of weekly or "
        f"{MIN_MONTHS} months of monthly data.",
    )


def _is_monthly(days: pd.DatetimeIndex) -> bool:
    """Whether every observation stands for one month: same day of the month, or its last."""
    months = days.year.to_numpy() * 12 + days.month.to_numpy()
    same_day = len(np.unique(days.day)) == 1 or bool(days.is_month_end.all())
    return same_day and float(np.median(np.diff(months))) == 1.0


def month_starts(days: pd.Index) -> pd.DatetimeIndex:
    """The first day of each observation's month."""
    return pd.DatetimeIndex(days.to_numpy().astype("datetime64[M]").astype("datetime64[ns]"))


def grid_days(first: pd.Timestamp, last: pd.Timestamp, period_days: int) -> pd.DatetimeIndex:
    """Every period from the first to the last; months begin on their first day."""
    if period_days == MONTH_DAYS:
        return pd.date_range(first.replace(day=1), last.replace(day=1), freq="MS")
    return pd.date_range(first, last, freq=f"{period_days}D")


def least_periods(period_days: int) -> int:
    """How many periods metric and KPI must share before a first look."""
    return _LEAST_PERIODS[period_days]


def _require_span(first: pd.Timestamp, last: pd.Timestamp, period_days: int) -> None:
    periods = len(grid_days(first, last, period_days)) if first <= last else 0
    needed = least_periods(period_days)
    name = PERIOD_NAMES[period_days]
    if periods < needed:
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            f"Metric and KPI share only {counted(periods, name)}; a link needs at least {needed}.",
            f"{counted(needed - periods, f'more {name}')} will do for a first look.",
        )


def _on_grid(series: pd.Series, days: pd.DatetimeIndex) -> FloatArray:
    return series.reindex(days).to_numpy(dtype=np.float64).copy()


def _carried_on_grid(metric: pd.Series, days: pd.DatetimeIndex) -> FloatArray:
    """A released value stays until the next release, over missing and absent days alike."""
    return metric.dropna().reindex(days, method="ffill").to_numpy(dtype=np.float64).copy()


def is_step_metric(values: FloatArray) -> bool:
    """Whether the metric (n,) changes on at most a fifth of the days."""
    observed = values[~np.isnan(values)]
    changes = int(np.count_nonzero(np.diff(observed)))
    return changes <= STEP_SHARE * len(values)


def _require_complete(metric: FloatArray, kpi: FloatArray, is_step: bool) -> None:
    checked = [("KPI", kpi)] if is_step else [("KPI", kpi), ("metric", metric)]
    for name, values in checked:
        share = float(np.isnan(values).mean())
        if share > MAX_MISSING_SHARE:
            raise RefusalError(
                Verdict.INVALID_DATA,
                f"{percent(share)} of the {name} is missing; at most "
                f"{percent(MAX_MISSING_SHARE)} may be.",
                f"Repair the gaps of the {name} first.",
            )


def _require_variation(metric: FloatArray, kpi: FloatArray) -> None:
    for name, values in (("metric", metric), ("KPI", kpi)):
        if not varies(values):
            raise RefusalError(
                Verdict.NOT_ENOUGH_DATA,
                f"The {name} never changed in this period, so nothing can follow or cause it.",
                f"Wait until the {name} changes: at least 6 releases with different gains."
                if name == "metric"
                else "Check the source of the KPI: a business figure that never moves is unusual.",
            )


def varies(values: FloatArray) -> bool:
    """Whether known values differ by more than rounding."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return not high - low <= 1e-12 * max(abs(low), abs(high))


def _identity_caveat(metric: FloatArray, kpi: FloatArray) -> str:
    who = [
        name for name, values in (("metric", metric), ("KPI", kpi)) if float(np.nanmin(values)) <= 0
    ]
    return (
        f"The {' and the '.join(who)} can be zero or negative, so the effect is in KPI units "
        "per metric unit instead of an elasticity."
    )


def calendar_on_grid(
    calendar: pd.DataFrame | None, days: pd.DatetimeIndex, period_days: int
) -> pd.DataFrame:
    """Confounder columns on the grid; a week or month takes the mean of its days.

    Absent days are 0, unless the calendar itself has one row for each week or month.
    """
    if calendar is None or calendar.shape[1] == 0:
        return pd.DataFrame(index=days)
    frame = calendar.astype("float64")
    frame = frame.where(frame.abs() <= LARGEST_VALUE, 0.0)
    if period_days == MONTH_DAYS and month_starts(frame.index).is_unique:
        frame = frame.set_axis(month_starts(frame.index))
    if period_days == 1 or frame.index.isin(days).all():
        return frame.reindex(days, fill_value=0.0)
    if period_days == MONTH_DAYS:
        every_day = pd.date_range(days[0], days[-1] + pd.offsets.MonthEnd(), freq="D")
        return frame.reindex(every_day, fill_value=0.0).resample("MS").mean()
    every_day = pd.date_range(days[0], days[-1] + pd.Timedelta(days=6), freq="D")
    return frame.reindex(every_day, fill_value=0.0).resample("7D", origin=days[0]).mean()
