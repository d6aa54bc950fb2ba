"""Had the KPI already moved before the releases, more so before the bigger gains?

Two tests. The lead placebo asks whether steps *before* each release explain what the best lag left
over. The pre-release test asks whether the size of a gain follows the KPI's recent course, as it
does when teams ship better models after business has picked up.
"""

import numpy as np

from analytics.controls import residual_of
from analytics.link_data import FloatArray, IntArray, LinkData
from analytics.release_permutation import LagGrid, exceedance
from analytics.whitening import WhitenedKpi

CONTRAST_DAYS = (3, 5, 7, 10, 14, 21, 28)
RECENT_DAYS = (7, 14)
BASELINE_DAYS = 56
MIN_RELEASES_SEEN = 5


def lead_p_value(
    leads: LagGrid,
    best_effect: FloatArray,
    best_information: float,
    delta: FloatArray,
    deals: FloatArray,
) -> float:
    """Permutation p of the largest statistic over the leads, beside the effect at the best lag.

    `leads` holds scores with that effect taken out, `best_effect` (m, R) is the cross product of
    the steps at each lead with the effect's own series, `best_information` that series' size.
    """
    centred = _centre(leads, best_effect)

    def largest(rows: FloatArray) -> FloatArray:
        numerator = leads.score @ rows.T
        own = np.stack([((rows @ each) * rows).sum(axis=1) for each in leads.information])
        shared = np.square(centred @ rows.T) / best_information
        left = np.maximum(own - shared, 1e-3 * own + 1e-300)
        statistic: FloatArray = (numerator**2 / left).max(axis=0)
        return statistic

    return exceedance(float(largest(delta[None, :])[0]), largest(deals))


def _centre(grid: LagGrid, cross: FloatArray) -> FloatArray:
    by_all = grid.raw_information.sum(axis=2)
    size = np.maximum(by_all.sum(axis=1), 1e-12)
    centred: FloatArray = cross - by_all * (cross.sum(axis=1) / size)[:, None]
    return centred


def pre_release_p_value(
    data: LinkData,
    whitened: WhitenedKpi,
    position: IntArray,
    delta: FloatArray,
    deals: FloatArray,
    *,
    effect: float,
    lag: int,
) -> float:
    """Permutation p of the largest correlation of the gains with the KPI's course before them.

    Earlier releases' own effects are part of that course and would make the test too eager, so
    the larger p of two looks counts: at the KPI as it was, and without the estimated effect.
    """
    moved = np.zeros(data.n)
    late = position + lag
    np.add.at(moved, late[late < data.n], effect * delta[late < data.n])
    p_values = [
        _course_p_value(data, whitened, whitened.filled - taken, position, delta, deals)
        for taken in (np.zeros(data.n), np.cumsum(moved))
    ]
    return max(p_values)


def _course_p_value(
    data: LinkData,
    whitened: WhitenedKpi,
    kpi: FloatArray,
    position: IntArray,
    delta: FloatArray,
    deals: FloatArray,
) -> float:
    weekdays = range(2, 8) if data.period_days == 1 else ()
    views = [
        residual_of(kpi, whitened.columns[:, [0, *weekdays]]),
        residual_of(kpi, whitened.columns),
    ]
    features = np.hstack([pre_release_features(view, position, data.period_days) for view in views])
    features = features[:, np.ptp(features, axis=0) > 1e-12]
    if features.shape[1] == 0 or np.ptp(delta) == 0.0:
        return 1.0
    features = features / np.linalg.norm(features, axis=0)
    largest = np.abs(_standard(deals) @ features).max(axis=1)
    observed = float(np.abs(_standard(delta[None, :]) @ features).max())
    return exceedance(observed, largest)


def pre_release_features(view: FloatArray, position: IntArray, period_days: int) -> FloatArray:
    """(R, features) contrasts of the KPI before each release, centred; 0 where not in the data."""
    sums = np.concatenate([[0.0], np.cumsum(view)])
    windows = [(max(w // period_days, 1), max(w // period_days, 1)) for w in CONTRAST_DAYS]
    windows += [(max(w // period_days, 1), BASELINE_DAYS // period_days) for w in RECENT_DAYS]
    columns = [
        _contrast(sums, position, recent, before) for recent, before in dict.fromkeys(windows)
    ]
    return np.column_stack(columns)


def _contrast(sums: FloatArray, position: IntArray, recent: int, before: int) -> FloatArray:
    """Mean of the last `recent` periods before each release minus the `before` earlier ones."""
    seen = position >= recent + before
    at = np.where(seen, position, recent + before)
    contrast = (sums[at] - sums[at - recent]) / recent
    contrast = contrast - (sums[at - recent] - sums[at - recent - before]) / before
    if seen.sum() < MIN_RELEASES_SEEN:
        return np.zeros(len(position))
    return np.where(seen, contrast - contrast[seen].mean(), 0.0)


def _standard(rows: FloatArray) -> FloatArray:
    centred = rows - rows.mean(axis=1, keepdims=True)
    scaled: FloatArray = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return scaled
