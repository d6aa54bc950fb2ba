"""Is what whitening left of a series noise, or does a day still tell of the next?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

FEWEST_DAYS = 20
LAGS = (1, 7)


@dataclass(frozen=True)
class Whiteness:
    """Autocorrelations of a series before and after whitening.

    Attributes:
        before, after: by lag of `LAGS` in days, -1..1; NaN with fewer than `FEWEST_DAYS` pairs.
        p_value: of no autocorrelation at any of the lags after whitening (Ljung and Box 1978, "On
            a measure of lack of fit in time series models", Biometrika 65); NaN likewise.
    """

    before: dict[int, float]
    after: dict[int, float]
    p_value: float


def whiteness(raw: pd.Series, whitened: pd.Series) -> Whiteness:
    """Compare a daily series with what whitening left of it; gaps are NaN on one daily index."""
    after = {lag: _autocorrelation(whitened, lag) for lag in LAGS}
    n_days = int(whitened.notna().sum())
    known = [(lag, value) for lag, value in after.items() if math.isfinite(value)]
    p_value = math.nan
    if len(known) == len(LAGS):
        sizes = sum(value**2 / (n_days - lag) for lag, value in known)
        p_value = float(stats.chi2.sf(n_days * (n_days + 2) * sizes, len(known)))
    return Whiteness({lag: _autocorrelation(raw, lag) for lag in LAGS}, after, p_value)


def _autocorrelation(series: pd.Series, lag: int) -> float:
    """Of the pairs of days that both have a value, around the mean of all days."""
    centred = series.to_numpy(np.float64) - float(series.mean())
    first, second = centred[:-lag], centred[lag:]
    both = np.isfinite(first) & np.isfinite(second)
    size = float(np.nanmean(centred**2)) if np.isfinite(centred).any() else 0.0
    if both.sum() < FEWEST_DAYS or size <= 0:
        return math.nan
    return float(np.mean(first[both] * second[both]) / size)
