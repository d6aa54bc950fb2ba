"""Were other models released at the same time, and what remains without those releases?

A release is crowded when another model went live within its lag window: what the KPI did then may
be the other model's. The estimate without the crowded releases gives each of them a free step of
its own at the lag found, so that only the other releases carry the effect.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.link import link
from analytics.link_result import LinkResult

MIN_UNCROWDED = 6


@dataclass(frozen=True)
class Uncrowded:
    """The effect at the lag found, from the releases that stood alone; simultaneous interval."""

    effect: float
    low: float
    high: float
    n_releases: int


def crowded_releases(
    releases: pd.DatetimeIndex, others: pd.DatetimeIndex, *, max_lag_days: int
) -> pd.DatetimeIndex:
    """The releases after which, within `max_lag_days`, one of `others` went live."""
    window = pd.Timedelta(days=max_lag_days)
    crowded = [bool(((others >= day) & (others <= day + window)).any()) for day in releases]
    return releases[np.array(crowded, dtype=np.bool_)]


def effect_without(
    crowded: pd.DatetimeIndex,
    *,
    metric: pd.Series,
    kpi: pd.Series,
    result: LinkResult,
    releases: pd.DatetimeIndex,
    calendar: pd.DataFrame | None,
    max_lag_days: int,
    rng: np.random.Generator,
) -> Uncrowded | None:
    """The effect from releases that are not crowded; None when fewer than six remain."""
    alone = len(releases) - len(crowded)
    if result.lag_days is None or alone < MIN_UNCROWDED:
        return None
    starts = crowded + pd.Timedelta(days=result.lag_days)
    steps = pd.DataFrame(
        {f"step {day:%Y-%m-%d}": (metric.index >= day).astype(float) for day in starts},
        index=metric.index,
    )
    controls = steps if calendar is None else calendar.join(steps, how="outer")
    again = link(
        metric,
        kpi,
        rng=rng,
        calendar=controls,
        releases=releases,
        max_lag_days=max_lag_days,
        smallest_effect=result.smallest_effect,
    )
    at_lag = again.lag_effects[again.lag_effects["lag_days"] == result.lag_days]
    if at_lag.empty:
        return None
    row = at_lag.iloc[0]
    return Uncrowded(float(row["effect"]), float(row["low"]), float(row["high"]), alone)
