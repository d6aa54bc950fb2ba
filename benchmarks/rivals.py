"""What would people use instead of a link, and what does it answer on the same worlds?

All but the raw correlation get what the engine gets: logarithms, trend, weekdays, yearly harmonics
and the calendar. Where a method wants a choice it gets the one its documentation or textbook
gives, and days without values are interpolated or dropped as it asks.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.tools.sm_exceptions import InfeasibleTestError
from statsmodels.tsa.ar_model import ar_select_order
from statsmodels.tsa.stattools import adfuller, grangercausalitytests
from statsmodels.tsa.vector_ar.var_model import VAR

from analytics.controls import control_columns, fill_gaps, residual_of
from analytics.link_data import FloatArray, LinkData

LEVEL = 0.05
MAX_LAG_DAYS = 14


@dataclass(frozen=True)
class RivalAnswer:
    """What a method says: bounds are NaN where it offers no interval for the elasticity."""

    moves: bool
    effect: float
    lag_days: int
    low: float = float("nan")
    high: float = float("nan")


SILENT = RivalAnswer(False, 0.0, 0)


def correlation(data: LinkData) -> RivalAnswer:
    """Pearson's correlation of the raw series at its best lag, p as scipy prints it."""
    found = []
    for lag in range(_max_lag(data) + 1):
        metric, kpi = data.metric[: data.n - lag], data.kpi[lag:]
        both = ~np.isnan(metric) & ~np.isnan(kpi)
        if np.ptp(metric[both]) > 0:
            found.append((stats.pearsonr(metric[both], kpi[both]), lag))
    if not found:
        return SILENT
    best, lag = max(found, key=lambda each: abs(each[0].statistic))
    return RivalAnswer(bool(best.pvalue < LEVEL), float(best.statistic), lag * data.period_days)


def newey_west(data: LinkData) -> RivalAnswer:
    """Least squares on the lagged metric and the controls, HAC errors over 14 days, best lag."""
    return _newey_west(data, level=LEVEL)


def newey_west_bonferroni(data: LinkData) -> RivalAnswer:
    """The same for a careful user who corrects for the number of lags tried."""
    return _newey_west(data, level=LEVEL / (_max_lag(data) + 1))


def granger(data: LinkData) -> RivalAnswer:
    """statsmodels' `grangercausalitytests` (F) at the lag order that AIC picks for the pair.

    Trend, season and calendar are taken out first; both are differenced when an augmented
    Dickey-Fuller test does not reject a unit root in one of them, as the test needs stationarity.
    """
    pair = np.column_stack(_adjusted(data)[::-1])  # the test asks whether column 2 leads column 1
    if any(adfuller(column, maxlag=_max_lag(data), autolag="BIC")[1] > LEVEL for column in pair.T):
        pair = np.diff(pair, axis=0)
    order = max(int(VAR(pair).select_order(_max_lag(data)).aic), 1)
    try:
        tests, fits = grangercausalitytests(pair, [order])[order]
    except InfeasibleTestError:
        return SILENT
    lagged = np.asarray(fits[1].params)[order : 2 * order]
    lag = int(np.argmax(np.abs(lagged))) + 1
    return RivalAnswer(
        bool(tests["ssr_ftest"][1] < LEVEL), float(lagged.sum()), lag * data.period_days
    )


def prewhitened_ccf(data: LinkData) -> RivalAnswer:
    """Box and Jenkins' cross-correlation: both filtered by the metric's AR (BIC), Sidak over lags.

    The interval is that of the regression at the best lag, widened for the lags tried.
    """
    x, y = _adjusted(data)
    order = ar_select_order(x, maxlag=_max_lag(data), ic="bic", trend="n")
    lags = order.ar_lags or []
    weights = np.zeros(max(lags, default=0) + 1)
    weights[0] = 1.0
    if lags:
        weights[list(lags)] = -np.asarray(order.model.fit().params)
    x, y = (np.convolve(each, weights, mode="valid") for each in (x, y))
    tried = _max_lag(data) + 1
    critical = float(stats.norm.ppf(0.5 + 0.5 * (1.0 - LEVEL) ** (1.0 / tried)))
    return _best_cross_correlation(x, y, tried=tried, critical=critical, period=data.period_days)


RIVALS: dict[str, Callable[[LinkData], RivalAnswer]] = {
    "Pearson": correlation,
    "HAC": newey_west,
    "HAC, Bonferroni": newey_west_bonferroni,
    "Granger": granger,
    "prewhitened CCF": prewhitened_ccf,
}


def ask_rival(rival: Callable[[LinkData], RivalAnswer], data: LinkData) -> RivalAnswer:
    """The answer of one method, without its warnings about small samples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rival(data)


def _max_lag(data: LinkData) -> int:
    return MAX_LAG_DAYS // data.period_days


def _newey_west(data: LinkData, *, level: float) -> RivalAnswer:
    longest = _max_lag(data)
    controls = _independent(control_columns(data))[longest:]
    y = data.y[longest:]
    best, at = None, 0
    for lag in range(longest + 1):
        x = data.x[longest - lag : data.n - lag]
        kept = ~np.isnan(x) & ~np.isnan(y)
        if np.ptp(x[kept]) == 0.0:
            continue
        design = np.column_stack([x, controls])[kept]
        fit = sm.OLS(y[kept], design).fit(
            cov_type="HAC",
            cov_kwds={"maxlags": longest, "use_correction": True},
            use_t=True,
        )
        if best is None or abs(fit.tvalues[0]) > abs(best.tvalues[0]):
            best, at = fit, lag
    if best is None:
        return SILENT
    low, high = best.conf_int(level)[0]
    moves = bool(best.pvalues[0] < level)
    return RivalAnswer(moves, float(best.params[0]), at * data.period_days, float(low), float(high))


def _independent(columns: FloatArray) -> FloatArray:
    """Columns without the constant ones among the later: a promotion that never happened."""
    varies = np.ptp(columns, axis=0) > 0.0
    varies[0] = True
    return columns[:, varies]


def _adjusted(data: LinkData) -> tuple[FloatArray, FloatArray]:
    """Metric and KPI without trend, seasons and calendar, gaps interpolated."""
    columns = control_columns(data)
    x, y = (residual_of(fill_gaps(each, columns), columns) for each in (data.x, data.y))
    return x, y


def _best_cross_correlation(
    x: FloatArray, y: FloatArray, *, tried: int, critical: float, period: int
) -> RivalAnswer:
    n = len(x)
    x, y = x - x.mean(), y - y.mean()
    spread = float(y.std() / x.std()) if x.std() > 0.0 else 0.0
    if spread == 0.0:
        return SILENT
    size = n * float(x.std() * y.std())
    correlations = np.array([x[: n - lag] @ y[lag:] / size for lag in range(tried)])
    lag = int(np.argmax(np.abs(correlations)))
    half = critical / np.sqrt(n)
    effect = float(correlations[lag]) * spread
    moves = bool(abs(correlations[lag]) > half)
    return RivalAnswer(moves, effect, lag * period, effect - half * spread, effect + half * spread)
