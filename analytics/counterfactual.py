"""What would the KPI have been, day by day, had the release not happened?

The noise of a day is the same with and without the release, so on every observed day the answer is
the KPI with the release's step taken out. Days left out of the estimate (the donut) and days
without a value are predicted from all other days: the coefficient of a day's own dummy is its
generalised least squares prediction error (Salkever 1976).
"""

import numpy as np
import pandas as pd
from scipy import stats

from analytics.controls import day_dummies
from analytics.kpi_data import kpi_scale
from analytics.link_data import FloatArray, LinkData
from analytics.step_effect import StepEffect
from analytics.whitening import WhitenedKpi


def without_step(
    data: LinkData,
    whitened: WhitenedKpi,
    controls: FloatArray,
    step: FloatArray,
    found: StepEffect,
) -> pd.DataFrame:
    """Columns counterfactual, low, high by day, in the KPI's own units; the band is 95 %.

    `data.y` is missing on the days that were left out, `step` (n,) is 1 from the first day of the
    estimated effect on.
    """
    expected = whitened.filled - found.effect * step
    low = whitened.filled - found.high * step
    high = whitened.filled - found.low * step
    left_out = np.flatnonzero(data.kpi_is_missing)
    if len(left_out):
        middle, half = _predicted(data, whitened, controls, step, left_out)
        expected[left_out] = middle
        low[left_out], high[left_out] = middle - half, middle + half
    return pd.DataFrame(
        {
            "counterfactual": kpi_scale(data, expected),
            "low": kpi_scale(data, low),
            "high": kpi_scale(data, high),
        },
        index=data.days,
    )


def _predicted(
    data: LinkData,
    whitened: WhitenedKpi,
    controls: FloatArray,
    step: FloatArray,
    left_out: np.ndarray,
) -> tuple[FloatArray, FloatArray]:
    """Prediction without the step and half its 95 % interval on the days that were left out."""
    own = day_dummies(data.kpi_is_missing)
    columns = np.hstack([own, step[:, None], controls, day_dummies(whitened.shocks)])
    seen = whitened.model.whiten(columns)
    size = np.linalg.norm(seen, axis=0)
    seen = seen / np.where(size > 0, size, 1.0)
    inverse = np.linalg.pinv(seen, rcond=1e-10)
    scale = 1.0 / np.where(size > 0, size, 1.0)
    coefficients = scale * (inverse @ whitened.model.whiten(whitened.filled))
    days = len(left_out)
    wanted = np.zeros((days, columns.shape[1]))
    wanted[np.arange(days), np.arange(days)] = 1.0
    wanted[:, days] = step[left_out]
    spread = whitened.sigma * np.linalg.norm((wanted * scale) @ inverse, axis=1)
    middle = whitened.filled[left_out] - wanted @ coefficients
    return middle, float(stats.t.isf(0.025, whitened.dof)) * spread
