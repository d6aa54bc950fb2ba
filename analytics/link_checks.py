"""Are the arguments of a link what they should be?"""

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

MAX_LAG_DAYS = 60


def check_arguments(
    metric: pd.Series,
    kpi: pd.Series,
    *,
    rng: np.random.Generator,
    calendar: pd.DataFrame | None,
    releases: Sequence[object] | pd.DatetimeIndex | pd.Series | None,
    max_lag_days: int,
    smallest_effect: float,
) -> pd.DatetimeIndex | None:
    """Return the release dates as sorted unique days, or raise and name the bad argument."""
    check_series("metric", metric)
    check_series("kpi", kpi)
    if not metric.index.equals(kpi.index):
        raise ValueError("kpi: expected the same index as metric; reindex one to the other first")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected numpy.random.Generator, got {type(rng).__name__}")
    check_numbers(max_lag_days, smallest_effect)
    if calendar is not None:
        check_calendar(calendar)
    return None if releases is None else release_days(releases)


def check_series(name: str, series: pd.Series) -> None:
    """Raise unless the series holds real numbers by day."""
    if not isinstance(series, pd.Series):
        raise TypeError(f"{name}: expected a pandas Series, got {type(series).__name__}")
    if not pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_complex_dtype(
        series.dtype
    ):
        raise TypeError(f"{name}: expected numbers, got values of type {series.dtype}")
    _check_days(name, series.index)


def _check_days(name: str, index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(f"{name}: expected a DatetimeIndex of days, got {type(index).__name__}")
    if index.tz is not None:
        raise ValueError(f"{name}: expected local days without time zone, got {index.tz}")
    if index.hasnans:
        raise ValueError(f"{name}: expected a day in every row of the index, found NaT")
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise ValueError(f"{name}: expected each day once, found {twice:%Y-%m-%d} twice")
    if not index.is_monotonic_increasing:
        raise ValueError(f"{name}: expected days in ascending order; sort the index first")
    if len(index) and not (index == index.normalize()).all():
        raise ValueError(f"{name}: expected whole days (midnight), found times of day")


def check_numbers(max_lag_days: int, smallest_effect: float) -> None:
    """Raise unless the longest lag and the smallest effect that matters make sense."""
    if isinstance(max_lag_days, bool) or not isinstance(max_lag_days, int | np.integer):
        raise TypeError(f"max_lag_days: expected a whole number, got {type(max_lag_days).__name__}")
    if not 0 <= max_lag_days <= MAX_LAG_DAYS:
        raise ValueError(f"max_lag_days: expected 0 to {MAX_LAG_DAYS}, got {max_lag_days}")
    if isinstance(smallest_effect, bool) or not isinstance(
        smallest_effect, int | float | np.integer | np.floating
    ):
        raise TypeError(f"smallest_effect: expected a number, got {type(smallest_effect).__name__}")
    if not (math.isfinite(smallest_effect) and smallest_effect > 0):
        raise ValueError(f"smallest_effect: expected a positive number, got {smallest_effect}")


def check_calendar(calendar: pd.DataFrame) -> None:
    """Raise unless the calendar holds numbers or booleans by day."""
    if not isinstance(calendar, pd.DataFrame):
        raise TypeError(f"calendar: expected a pandas DataFrame, got {type(calendar).__name__}")
    _check_days("calendar", calendar.index)
    if not calendar.columns.is_unique:
        twice = calendar.columns[calendar.columns.duplicated()][0]
        raise ValueError(f"calendar: expected each column once, found {twice!r} twice")
    for column in calendar.columns:
        if not pd.api.types.is_numeric_dtype(calendar[column].dtype):
            raise TypeError(
                f"calendar: expected numbers or booleans in column {column!r}, "
                f"got {calendar[column].dtype}"
            )


def release_days(
    releases: Sequence[object] | pd.DatetimeIndex | pd.Series,
) -> pd.DatetimeIndex:
    """Release dates as sorted unique days, or raise."""
    if isinstance(releases, str) or not isinstance(
        releases, Sequence | pd.Index | pd.Series | np.ndarray
    ):
        raise TypeError(f"releases: expected a list of dates, got {type(releases).__name__}")
    values = list(releases)
    for value in values:
        if not isinstance(value, date | str | np.datetime64):
            raise TypeError(f"releases: expected dates, found {value!r}")
    try:
        days = pd.DatetimeIndex(pd.to_datetime(values))
    except (ValueError, TypeError) as error:
        raise ValueError(f"releases: expected dates, could not read them: {error}") from error
    if days.tz is not None:
        raise ValueError(f"releases: expected local days without time zone, got {days.tz}")
    if days.hasnans:
        raise ValueError("releases: expected a date in every entry, found NaT")
    return days.normalize().unique().sort_values()
