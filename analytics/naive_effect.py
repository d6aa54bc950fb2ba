"""What would a plain regression of the daily values say, and how sure would it be of itself?

It is shown beside the estimate so that a reader sees the difference; it carries no verdict. It
takes days for independent and trend, season and promotions for chance, so its interval is too
narrow and its slope mixes in whatever else moved meanwhile (Granger and Newbold 1974, "Spurious
regressions in econometrics", Journal of Econometrics 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

FEWEST_DAYS = 4


@dataclass(frozen=True)
class NaiveEffect:
    """The slope of a plain regression, with the 95 % interval that takes days for independent.

    Attributes:
        effect, low, high: an elasticity when both are always positive, otherwise KPI units per
            metric unit; NaN with too few days or a metric that never changes.
        n_days: days with both.
    """

    effect: float
    low: float
    high: float
    n_days: int


def naive_effect(metric: pd.Series, kpi: pd.Series) -> NaiveEffect:
    """Ordinary least squares of the KPI on the metric, day by day on one index.

    Both are taken as logarithms when every value of both is positive, as the estimate does.
    """
    both = pd.DataFrame({"metric": metric, "kpi": kpi}).dropna().to_numpy(np.float64)
    n_days = len(both)
    if n_days < FEWEST_DAYS or np.ptp(both[:, 0]) == 0:
        return NaiveEffect(math.nan, math.nan, math.nan, n_days)
    if (both > 0).all():
        both = np.log(both)
    fitted = stats.linregress(both[:, 0], both[:, 1])
    half = float(stats.t.ppf(0.975, n_days - 2)) * float(fitted.stderr)
    slope = float(fitted.slope)
    return NaiveEffect(slope, slope - half, slope + half, n_days)
