"""On which regular grids do the pairs of a scan meet, worked out once per series?

The same rules as `analytics.link_data.assemble`, applied to each series instead of each pair.
Whatever they refuse is handed to `assemble`, so that the reason given is the same.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analytics.link_data import (
    LARGEST_VALUE,
    MAX_MISSING_SHARE,
    MONTH_DAYS,
    FloatArray,
    IntArray,
    LinkData,
    RefusalError,
    assemble,
    calendar_on_grid,
    grid_days,
    is_step_metric,
    least_periods,
    month_starts,
    period_days_of,
    varies,
)

Span = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Side:
    """One series on one span (n,): what an analysis of any pair there needs to know of it."""

    values: FloatArray
    is_step: bool
    is_usable: bool

    @cached_property
    def is_positive(self) -> bool:
        """Whether every known value is above zero."""
        return bool(np.nanmin(self.values) > 0)

    @cached_property
    def logarithm(self) -> FloatArray:
        """(n,) natural logarithm of the values."""
        return np.log(self.values)


class Catalogue:
    """Metrics and KPIs, columns of two frames on one index, and the confounder calendar."""

    def __init__(
        self, metrics: pd.DataFrame, kpis: pd.DataFrame, calendar: pd.DataFrame | None
    ) -> None:
        self.metrics = metrics
        self.kpis = kpis
        self.calendar = calendar
        self._period_days, self._days = _regular_grid(metrics.index)
        self._metric_values = _on_grid(metrics, self._days, self._period_days)
        self._kpi_values = _on_grid(kpis, self._days, self._period_days)
        self._first_metric, _ = _seen(self._metric_values)
        self._first_kpi, self._last_kpi = _seen(self._kpi_values)
        self._metric_sides: dict[tuple[int, Span], Side] = {}
        self._kpi_sides: dict[tuple[int, Span], Side] = {}
        self._calendars: dict[Span, tuple[pd.DatetimeIndex, pd.DataFrame]] = {}

    def pair(self, metric: int, kpi: int) -> LinkData:
        """The pair on its grid, or `RefusalError` with the verdict and why."""
        span = self.span(metric, kpi)
        if span is not None:
            left, right = self._metric_side(metric, span), self._kpi_side(kpi, span)
            if left.is_usable and right.is_usable:
                return self._joined(left, right, span)
        return assemble(self.metrics.iloc[:, metric], self.kpis.iloc[:, kpi], self.calendar)

    def span(self, metric: int, kpi: int) -> Span | None:
        """First and last grid position of the pair; None when it is too short to look at."""
        if min(self._first_metric[metric], self._first_kpi[kpi]) < 0:
            return None
        first = max(int(self._first_metric[metric]), int(self._first_kpi[kpi]))
        last = int(self._last_kpi[kpi])
        return (first, last) if last - first + 1 >= least_periods(self._period_days) else None

    def days_with_both(self, metric: int, kpi: int) -> int:
        """Number of rows in which both series have a value."""
        return int((self.metrics.iloc[:, metric].notna() & self.kpis.iloc[:, kpi].notna()).sum())

    def _joined(self, metric: Side, kpi: Side, span: Span) -> LinkData:
        days, calendar = self._grid(span)
        is_log = metric.is_positive and kpi.is_positive
        return LinkData(
            days=days,
            period_days=self._period_days,
            is_log=is_log,
            is_step=metric.is_step,
            metric=metric.values,
            kpi=kpi.values,
            x=metric.logarithm if is_log else metric.values,
            y=kpi.logarithm if is_log else kpi.values,
            calendar=calendar,
            caveats=(),
        )

    def _grid(self, span: Span) -> tuple[pd.DatetimeIndex, pd.DataFrame]:
        if span not in self._calendars:
            days = self._days[span[0] : span[1] + 1]
            calendar = calendar_on_grid(self.calendar, days, self._period_days)
            self._calendars[span] = days, calendar
        return self._calendars[span]

    def _metric_side(self, metric: int, span: Span) -> Side:
        if (metric, span) not in self._metric_sides:
            whole = self._metric_values[:, metric]
            values = whole[span[0] : span[1] + 1].copy()
            is_step = is_step_metric(values)
            if is_step:
                values = _carried(whole)[span[0] : span[1] + 1].copy()
            usable = (is_step or _is_complete(values)) and varies(values)
            self._metric_sides[metric, span] = Side(values, is_step, usable)
        return self._metric_sides[metric, span]

    def _kpi_side(self, kpi: int, span: Span) -> Side:
        if (kpi, span) not in self._kpi_sides:
            values = self._kpi_values[span[0] : span[1] + 1, kpi].copy()
            usable = _is_complete(values) and varies(values)
            self._kpi_sides[kpi, span] = Side(values, False, usable)
        return self._kpi_sides[kpi, span]


def _regular_grid(index: pd.Index) -> tuple[int, pd.DatetimeIndex]:
    """Days between periods and every period from first to last; no period when there is none."""
    try:
        period_days = period_days_of(index)
    except RefusalError:
        return 1, pd.DatetimeIndex([])
    if len(index) == 0:
        return 1, pd.DatetimeIndex([])
    return period_days, grid_days(pd.Timestamp(index[0]), pd.Timestamp(index[-1]), period_days)


def _on_grid(frame: pd.DataFrame, days: pd.DatetimeIndex, period_days: int) -> FloatArray:
    """(periods, series) floats, infinite and absurdly large values missing."""
    if period_days == MONTH_DAYS:
        frame = frame.set_axis(month_starts(frame.index))
    values = frame.astype("float64").reindex(days).to_numpy(dtype=np.float64).copy()
    values[np.abs(values) > LARGEST_VALUE] = np.nan
    return values


def _seen(values: FloatArray) -> tuple[IntArray, IntArray]:
    """First and last row with a value in each column; -1 where there is none."""
    known = ~np.isnan(values)
    if len(values) == 0:
        none = np.full(values.shape[1], -1, dtype=np.int64)
        return none, none
    first = np.where(known.any(axis=0), known.argmax(axis=0), -1)
    last = np.where(known.any(axis=0), len(values) - 1 - known[::-1].argmax(axis=0), -1)
    return first.astype(np.int64), last.astype(np.int64)


def _carried(values: FloatArray) -> FloatArray:
    """(n,) the last known value of each period."""
    at = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    carried: FloatArray = values[at]
    return carried


def _is_complete(values: FloatArray) -> bool:
    known = ~np.isnan(values)
    return bool(known.any()) and float((~known).mean()) <= MAX_MISSING_SHARE
