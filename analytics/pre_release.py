"""What did the KPI do just before each release?

Two views of the course before a release: the KPI as people saw it (weekday means removed,
promotions left in, for teams react to what they see) and the KPI with its controls removed.
"""

import numpy as np

from analytics.controls import residual_of
from analytics.link_data import FloatArray, IntArray, LinkData
from analytics.whitening import WhitenedKpi

CONTRAST_DAYS = (3, 5, 7, 10, 14, 21, 28)
RECENT_DAYS = (7, 14)
BASELINE_DAYS = 56
MIN_RELEASES_SEEN = 5


def course_features(
    data: LinkData, whitened: WhitenedKpi, kpi: FloatArray, position: IntArray
) -> FloatArray:
    """(R, features) unit columns: the course of `kpi` (n,) before each release."""
    weekdays = range(2, 8) if data.period_days == 1 else ()
    views = [
        residual_of(kpi, whitened.columns[:, [0, *weekdays]]),
        residual_of(kpi, whitened.columns),
    ]
    features = np.hstack([contrasts(view, position, data.period_days) for view in views])
    features = features[:, np.ptp(features, axis=0) > 1e-12]
    unit: FloatArray = features / np.linalg.norm(features, axis=0)
    return unit


def contrasts(view: FloatArray, position: IntArray, period_days: int) -> FloatArray:
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
