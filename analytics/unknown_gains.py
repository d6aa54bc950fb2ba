"""What to do with releases whose offline gain nobody knows?

Where the live version has no known value the metric is missing: from the release that began the
gap until the next release with a value. Neither that release nor the one that ends the gap has a
known gain, so neither can be compared with what the KPI did. Both may still have moved the KPI:
each gets free steps of its own, and the metric goes on after the gap without a jump.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class KnownGains:
    """A metric whose every change is a known gain, the releases with known gains, and controls.

    `controls` has a column per free step, or is None where every gain is known; `unknown` are the
    days of the releases that were left out.
    """

    metric: pd.Series
    releases: pd.DatetimeIndex
    controls: pd.DataFrame | None
    unknown: pd.DatetimeIndex


def keep_known_gains(
    metric: pd.Series, releases: pd.DatetimeIndex, *, max_lag_days: int
) -> KnownGains:
    """Leave out what happened at the edges of a metric's gaps.

    Args:
        metric: (n,) values by day, NaN while the live version's value is unknown.
        releases: Release days, sorted.
        max_lag_days: A step may begin anywhere from the release to this many days later, so three
            steps are free: at the release, in the middle and at the end of the window.
    """
    seen = metric.notna()
    if not seen.any() or seen[int(seen.to_numpy().argmax()) :].all():
        return KnownGains(metric, releases, None, releases[:0])
    series = metric.iloc[int(seen.to_numpy().argmax()) :]
    missing = series.isna()
    ends = missing & ~missing.shift(1, fill_value=False) | ~missing & missing.shift(
        1, fill_value=False
    )
    inside = releases[(releases >= series.index[0]) & (releases <= series.index[-1])]
    in_gap = inside[missing.reindex(inside, fill_value=False).to_numpy(dtype=np.bool_)]
    unknown = pd.DatetimeIndex(series.index[ends]).union(in_gap)
    days = pd.DatetimeIndex(metric.index)
    controls = pd.DataFrame(
        {
            f"release of unknown gain {day:%Y-%m-%d} +{later}": (
                days >= day + pd.Timedelta(days=later)
            ).astype(float)
            for day in unknown
            for later in sorted({0, max_lag_days // 2, max_lag_days})
        },
        index=metric.index,
    )
    return KnownGains(_joined(metric), releases.difference(unknown), controls, unknown)


def _joined(metric: pd.Series) -> pd.Series:
    """The metric without the jumps across its gaps, carried forward through them."""
    known = metric.dropna()
    position = metric.index.get_indexer(pd.Index(known.index))
    after_gap = np.diff(position, prepend=position[0]) > 1
    values = known.to_numpy(dtype=np.float64)
    if (values > 0.0).all():
        change = np.diff(np.log(values), prepend=np.log(values[0]))
        joined = values[0] * np.exp(np.cumsum(np.where(after_gap, 0.0, change)))
    else:
        change = np.diff(values, prepend=values[0])
        joined = values[0] + np.cumsum(np.where(after_gap, 0.0, change))
    return pd.Series(joined, index=known.index).reindex(metric.index).ffill()
