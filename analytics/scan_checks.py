"""Are the arguments of a scan what they should be?"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.link_checks import check_calendar, check_numbers, check_series, release_days

Series = pd.DataFrame | Mapping[str, pd.Series]
ReleaseDays = Sequence[object] | pd.DatetimeIndex | pd.Series


def series_frame(name: str, series: Series, *, index: pd.Index | None = None) -> pd.DataFrame:
    """One float column for each series on one index of days, or raise and name the argument."""
    if not isinstance(series, pd.DataFrame | Mapping):
        raise TypeError(
            f"{name}: expected a pandas DataFrame or a mapping of name to Series, "
            f"got {type(series).__name__}"
        )
    columns = list(series.columns) if isinstance(series, pd.DataFrame) else list(series)
    _check_names(name, columns)
    checked: dict[str, np.ndarray] = {}
    for column in columns:
        values = series[column]
        check_series(f"{name}[{column!r}]", values)
        index = values.index if index is None else index
        if not values.index.equals(index):
            raise ValueError(
                f"{name}[{column!r}]: expected the same index as all other series; "
                "reindex them to one first"
            )
        checked[column] = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.DataFrame(checked, index=index, columns=pd.Index(columns, dtype=object))


def _check_names(name: str, columns: Sequence[object]) -> None:
    if not columns:
        raise ValueError(f"{name}: expected at least one series, got none")
    for column in columns:
        if not isinstance(column, str):
            raise TypeError(f"{name}: expected names of type str, found {column!r}")
    if len(set(columns)) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise ValueError(f"{name}: expected each name once, found {twice!r} twice")


def check_settings(
    *,
    calendar: pd.DataFrame | None,
    max_lag_days: int,
    rng: np.random.Generator,
    workers: int,
) -> None:
    """Raise unless what holds for all pairs makes sense."""
    check_numbers(max_lag_days, 1.0)
    if calendar is not None:
        check_calendar(calendar)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected numpy.random.Generator, got {type(rng).__name__}")
    if isinstance(workers, bool) or not isinstance(workers, int | np.integer):
        raise TypeError(f"workers: expected a whole number, got {type(workers).__name__}")
    if workers < 1:
        raise ValueError(f"workers: expected at least 1, got {workers}")


def declared_pairs(
    primary: Iterable[tuple[str, str]] | None, metrics: pd.DataFrame, kpis: pd.DataFrame
) -> frozenset[tuple[str, str]]:
    """The pairs declared beforehand, or raise when one names no series of the scan."""
    if isinstance(primary, str) or not (primary is None or isinstance(primary, Iterable)):
        raise TypeError(f"primary: expected (metric, kpi) pairs, got {type(primary).__name__}")
    declared = set()
    for pair in primary or ():
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise TypeError(f"primary: expected (metric, kpi) pairs, found {pair!r}")
        if pair[0] not in metrics.columns:
            raise ValueError(f"primary: {pair[0]!r} is no name in metrics")
        if pair[1] not in kpis.columns:
            raise ValueError(f"primary: {pair[1]!r} is no name in kpis")
        declared.add((pair[0], pair[1]))
    return frozenset(declared)


def release_days_by_metric(
    releases: Mapping[str, ReleaseDays] | None, metrics: pd.DataFrame
) -> dict[str, pd.DatetimeIndex]:
    """Sorted unique release days of the metrics that have a list, or raise."""
    if not (releases is None or isinstance(releases, Mapping)):
        raise TypeError(
            f"releases: expected a mapping of metric to dates, got {type(releases).__name__}"
        )
    for name in releases or {}:
        if name not in metrics.columns:
            raise ValueError(f"releases: {name!r} is no name in metrics")
    return {name: release_days(days) for name, days in (releases or {}).items()}


def smallest_by_metric(
    smallest_effect: float | Mapping[str, float], metrics: pd.DataFrame
) -> dict[str, float]:
    """The smallest effect that matters of every metric, or raise."""
    if not isinstance(smallest_effect, Mapping):
        check_numbers(0, smallest_effect)
        return {name: float(smallest_effect) for name in metrics.columns}
    missing = [name for name in metrics.columns if name not in smallest_effect]
    if missing:
        raise ValueError(f"smallest_effect: no value for the metric {missing[0]!r}")
    for name in metrics.columns:
        check_numbers(0, smallest_effect[name])
    return {name: float(smallest_effect[name]) for name in metrics.columns}
