"""Which of two series leads the other, after what delay, and how does its effect die away?

The classical tools, for a look at one pair of series with any regular distance: months, years,
batches. They describe and give no verdict: on business series with season and trend they see
links that are not there (`analytics.link` is for those).
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analytics.controls import orthonormal
from analytics.link_data import FloatArray

MIN_SPARE = 10
MAX_ORDER = 14


@dataclass(frozen=True)
class Foresight:
    """Whether one series' past helps to foresee another beyond that one's own past.

    `f_value` has `lags` and `dof` degrees of freedom; it and `p_value` are NaN, with a `reason`,
    where the data carry no answer.
    """

    f_value: float
    p_value: float
    lags: int
    dof: int
    reason: str


def foresight(cause: pd.Series, effect: pd.Series, *, lags: int = 3) -> Foresight:
    """Regress `effect` (n,) on its own `lags` values before, and test as many of `cause` (n,).

    Both share one index in time order and at one distance; the distance itself does not matter.

    Raises:
        TypeError, ValueError: an argument is not what it should be; the message names it.

    Source: C. W. J. Granger, "Investigating causal relations by econometric models and
    cross-spectral methods", Econometrica 37 (1969), 424-438.
    """
    x, y = _checked(cause, effect)
    _check_lags("lags", lags, least=1)
    dof = len(y) - 3 * lags - 1
    if dof < MIN_SPARE:
        return Foresight(math.nan, math.nan, lags, max(dof, 0), "The series are too short.")
    target, own = y[lags:], _lagged(y, range(1, lags + 1), lags)
    alone = orthonormal(np.column_stack([np.ones(len(target)), own]))
    both = orthonormal(np.column_stack([alone, _lagged(x, range(1, lags + 1), lags)]))
    before, after = _left(alone, target), _left(both, target)
    if both.shape[1] < alone.shape[1] + lags or not after > 1e-20 * float(target @ target):
        return Foresight(math.nan, math.nan, lags, dof, "The series do not vary enough.")
    f_value = (before - after) / lags / (after / dof)
    return Foresight(f_value, float(stats.f.sf(f_value, lags, dof)), lags, dof, "")


def impulse_weights(
    cause: pd.Series, effect: pd.Series, *, max_lag: int = 12, differences: int = 0
) -> pd.DataFrame:
    """What a unit of `cause` (n,) adds to `effect` (n,) 0, 1, ... `max_lag` steps later.

    Args:
        cause, effect: on one index in time order and at one distance, no value missing.
        max_lag: longest delay, at least 0.
        differences: how often both series are differenced first, for those that wander.

    Returns:
        Columns lag, weight and se (least squares on all lags together) and correlation (of the
        innovations of `cause` with `effect` passed through the same filter); empty when the
        series are too short.

    Raises:
        TypeError, ValueError: an argument is not what it should be; the message names it.

    Source: G. E. P. Box and G. M. Jenkins, Time Series Analysis: Forecasting and Control (1970),
    chapter 11, for identifying a transfer function from prewhitened series.
    """
    x, y = _checked(cause, effect)
    _check_lags("max_lag", max_lag, least=0)
    _check_lags("differences", differences, least=0)
    x, y = np.diff(x, n=differences), np.diff(y, n=differences)
    dof = len(y) - 2 * max_lag - 2
    if dof < MIN_SPARE:
        return pd.DataFrame({name: pd.Series(dtype=np.float64) for name in _COLUMNS})
    every_lag = range(max_lag + 1)
    columns = np.column_stack([np.ones(len(y) - max_lag), _lagged(x, every_lag, max_lag)])
    inverse = np.linalg.pinv(columns.T @ columns, hermitian=True)
    weight = inverse @ (columns.T @ y[max_lag:])
    residual = y[max_lag:] - columns @ weight
    se = np.sqrt(np.maximum(np.diag(inverse), 0.0) * float(residual @ residual) / dof)
    return pd.DataFrame(
        {
            "lag": np.arange(max_lag + 1),
            "weight": weight[1:],
            "se": se[1:],
            "correlation": _prewhitened_correlations(x, y, max_lag),
        }
    )


_COLUMNS = ("lag", "weight", "se", "correlation")


def _prewhitened_correlations(x: FloatArray, y: FloatArray, max_lag: int) -> FloatArray:
    """(max_lag + 1,) correlations after the filter that turns x into noise."""
    x, y = x - x.mean(), y - y.mean()
    memory = _autoregression(x)
    order = len(memory)
    new_x = x[order:] - _lagged(x, range(1, order + 1), order) @ memory
    new_y = y[order:] - _lagged(y, range(1, order + 1), order) @ memory
    size = math.sqrt(float(new_x @ new_x) * float(new_y @ new_y))
    n = len(new_x)
    products = [float(new_x[: n - lag] @ new_y[lag:]) for lag in range(max_lag + 1)]
    return np.array(products) / size if size > 0.0 else np.full(max_lag + 1, np.nan)


def _autoregression(values: FloatArray) -> FloatArray:
    """(order,) coefficients by least squares, the step before first; order by AIC."""
    most = min(MAX_ORDER, len(values) // 4)
    target, past = values[most:], _lagged(values, range(1, most + 1), most)
    fits = [np.linalg.lstsq(past[:, :order], target, rcond=None)[0] for order in range(most + 1)]
    sizes = [float(np.square(target - past[:, : len(fit)] @ fit).sum()) for fit in fits]
    aic = [len(target) * math.log(max(size, 1e-300)) + 2 * at for at, size in enumerate(sizes)]
    return np.asarray(fits[int(np.argmin(aic))], dtype=np.float64)


def _lagged(values: FloatArray, lags: range, first: int) -> FloatArray:
    """(n - first, lags) the values that many steps before each step from `first` on."""
    rows = [values[first - lag : len(values) - lag] for lag in lags]
    return np.array(rows).reshape(len(lags), len(values) - first).T


def _left(basis: FloatArray, target: FloatArray) -> float:
    left = target - basis @ (basis.T @ target)
    return float(left @ left)


def _checked(cause: pd.Series, effect: pd.Series) -> tuple[FloatArray, FloatArray]:
    for name, series in (("cause", cause), ("effect", effect)):
        if not isinstance(series, pd.Series):
            raise TypeError(f"{name}: expected a pandas Series, got {type(series).__name__}")
        if not pd.api.types.is_numeric_dtype(series.dtype):
            raise TypeError(f"{name}: expected numbers, got values of type {series.dtype}")
        if not np.isfinite(series.astype("float64")).all():
            raise ValueError(f"{name}: expected a finite number in every row")
        if not series.index.is_monotonic_increasing or not series.index.is_unique:
            raise ValueError(f"{name}: expected an index in time order, each step once")
    if not cause.index.equals(effect.index):
        raise ValueError("effect: expected the same index as cause")
    return cause.to_numpy(dtype=np.float64), effect.to_numpy(dtype=np.float64)


def _check_lags(name: str, value: int, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected a whole number, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
