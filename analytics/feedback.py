"""Does a continuous metric answer to what the KPI did in the days before?

What is new in the metric each day (its innovation: controls and its own past removed) must not
depend on the KPI's recent course. Where it does, the KPI drives the metric, or something drives
both, and co-movement proves nothing.
"""

import numpy as np

from analytics.controls import residual_of
from analytics.link_data import BoolArray, FloatArray, IntArray, LinkData
from analytics.pre_release import contrasts
from analytics.release_permutation import exceedance
from analytics.whitening import WhitenedKpi

MAX_ORDER = 14
SUM_DAYS = (3, 7, 14)
SCREEN_BELOW = 0.05
N_DRAWS = 9_999
N_FLIPS = 3_999


def feedback_p_value(
    data: LinkData, whitened: WhitenedKpi, filled: FloatArray, *, rng: np.random.Generator
) -> float:
    """P of the largest studentised product of metric innovations with the KPI's past.

    The reference distribution flips the signs of the innovations and leaves their sizes where
    they are, so that days on which both series are loud do not count as feedback. Cheap Gaussian
    draws decide first; only what looks small is flipped.
    """
    new = innovations(residual_of(filled, whitened.columns))
    rows = judged_days(np.isnan(data.x))
    new, features = new[rows], kpi_course(data, whitened)[rows]
    products = (new - new.mean())[:, None] * (features - features.mean(axis=0))
    size = np.linalg.norm(products, axis=0)
    tiny = 1e-12 * max(float(np.abs(filled).max()), 1e-300)
    products = products[:, size > tiny] / size[size > tiny]
    if products.shape[1] == 0 or float(np.ptp(new)) <= tiny:
        return 1.0
    observed = float(np.abs(products.sum(axis=0)).max())
    screened = _gaussian_p(observed, products, rng)
    if screened >= SCREEN_BELOW:
        return screened
    signs = 2.0 * rng.integers(0, 2, size=(N_FLIPS, len(products))) - 1.0
    return exceedance(observed, np.abs(signs @ products).max(axis=1))


def judged_days(unknown: BoolArray) -> IntArray:
    """Positions of the days with an innovation: past the longest memory, metric value known."""
    days = np.arange(min(MAX_ORDER, len(unknown) // 4), len(unknown))
    known: IntArray = days[~unknown[days]]
    return known


def innovations(values: FloatArray) -> FloatArray:
    """(n,) residuals of an autoregression of at most 14 days, order by BIC; first days are 0.

    One QR of all lags gives the residual sum of squares of every nested order.
    """
    order = min(MAX_ORDER, len(values) // 4)
    target = values[order:]
    past = np.column_stack([values[order - j : len(values) - j] for j in range(1, order + 1)])
    q, _ = np.linalg.qr(past)
    explained = np.cumsum(np.square(q.T @ target))
    left = np.maximum(target @ target - np.concatenate([[0.0], explained]), 1e-300)
    n = len(target)
    bic = n * np.log(left) + np.log(n) * np.arange(order + 1)
    best = int(np.argmin(bic))
    new = np.zeros_like(values)
    new[order:] = target - q[:, :best] @ (q[:, :best].T @ target)
    return new


def kpi_course(data: LinkData, whitened: WhitenedKpi) -> FloatArray:
    """(n, features) the KPI's recent innovations, their sums, and before-and-before contrasts."""
    kpi_new = whitened.residual
    sums = np.concatenate([[0.0], np.cumsum(kpi_new)])
    at = np.arange(data.n)
    days_back = [np.concatenate([np.zeros(k), kpi_new[: data.n - k]]) for k in (1, 2, 3)]
    windows = dict.fromkeys(max(days // data.period_days, 1) for days in SUM_DAYS)
    recent = [sums[at] - sums[np.maximum(at - window, 0)] for window in windows]
    level = residual_of(whitened.filled, whitened.columns)
    course = contrasts(level, at, data.period_days)
    return np.column_stack([*days_back, *recent, course])


def _gaussian_p(observed: float, products: FloatArray, rng: np.random.Generator) -> float:
    """P that the largest of equally correlated standard normals reaches the observed one."""
    values, vectors = np.linalg.eigh(products.T @ products)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    draws = rng.standard_normal((N_DRAWS, len(values))) @ root.T
    return exceedance(observed, np.abs(draws).max(axis=1))
