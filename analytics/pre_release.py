"""What did the KPI do just before each release?

Two views of the course before a release: the KPI as people saw it (weekday means removed,
promotions left in, for teams react to what they see) and the KPI with its controls removed.
"""

from collections.abc import Sequence

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
    views = course_views(data, whitened, kpi)
    return _unit(np.hstack([contrasts(view, position, data.period_days) for view in views]))


def course_views(data: LinkData, whitened: WhitenedKpi, kpi: FloatArray) -> list[FloatArray]:
    """The KPI (n,) as people saw it, and with its controls removed."""
    weekdays = range(2, 8) if data.period_days == 1 else ()
    return [
        residual_of(kpi, whitened.columns[:, [0, *weekdays]]),
        residual_of(kpi, whitened.columns),
    ]


class CourseTable:
    """The course before every day at once: `course_features` of any releases by looking up."""

    def __init__(self, views: Sequence[FloatArray], period_days: int) -> None:
        windows = _windows(period_days)
        columns = [_mean_change(view, *window) for view in views for window in windows]
        self._course = np.column_stack(columns)
        self._seen_from = np.array([sum(window) for _ in views for window in windows])

    def features(self, position: IntArray) -> FloatArray:
        """(R, features) unit columns: the course before each release."""
        seen = position[:, None] >= self._seen_from
        course = np.where(seen, self._course[position], 0.0)
        n_seen = seen.sum(axis=0)
        centred = course - course.sum(axis=0) / np.maximum(n_seen, 1)
        return _unit(np.where(seen & (n_seen >= MIN_RELEASES_SEEN), centred, 0.0))


def contrasts(view: FloatArray, position: IntArray, period_days: int) -> FloatArray:
    """(R, features) contrasts of the KPI before each release, centred; 0 where not in the data."""
    sums = np.concatenate([[0.0], np.cumsum(view)])
    columns = [
        _contrast(sums, position, recent, before) for recent, before in _windows(period_days)
    ]
    return np.column_stack(columns)


def _windows(period_days: int) -> list[tuple[int, int]]:
    """Recent periods and the earlier ones they are held against."""
    windows = [(max(w // period_days, 1), max(w // period_days, 1)) for w in CONTRAST_DAYS]
    windows += [(max(w // period_days, 1), BASELINE_DAYS // period_days) for w in RECENT_DAYS]
    return list(dict.fromkeys(windows))


def _unit(features: FloatArray) -> FloatArray:
    """Columns of unit length; what does not differ between releases is dropped."""
    features = features[:, np.ptp(features, axis=0) > 1e-12]
    unit: FloatArray = features / np.linalg.norm(features, axis=0)
    return unit


def _mean_change(view: FloatArray, recent: int, before: int) -> FloatArray:
    """(n,) mean of the last `recent` periods before each day minus the `before` earlier ones."""
    sums = np.concatenate([[0.0], np.cumsum(view)])
    at = np.maximum(np.arange(len(view)), recent + before)
    contrast = (sums[at] - sums[at - recent]) / recent
    change: FloatArray = contrast - (sums[at - recent] - sums[at - recent - before]) / before
    return change


def _contrast(sums: FloatArray, position: IntArray, recent: int, before: int) -> FloatArray:
    """Mean of the last `recent` periods before each release minus the `before` earlier ones."""
    seen = position >= recent + before
    at = np.where(seen, position, recent + before)
    contrast = (sums[at] - sums[at - recent]) / recent
    contrast = contrast - (sums[at - recent] - sums[at - recent - before]) / before
    if seen.sum() < MIN_RELEASES_SEEN:
        return np.zeros(len(position))
    return np.where(seen, contrast - contrast[seen].mean(), 0.0)
