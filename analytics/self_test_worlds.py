"""Which releases, with which effect, are planted into a KPI's own history, and what is then found?

A null world plants releases that did nothing; an effect world plants the same kind of releases and
adds to the KPI what they would have done. Neither has anything to do with the real releases: the
KPI keeps whatever those did, as part of its ups and downs.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from analytics.link import link
from analytics.link_data import FloatArray, IntArray
from analytics.vocabulary import Verdict

DAYS_OF_WEEKLY_DATA = 6


class Pattern(StrEnum):
    """Where the planted releases and their gains come from."""

    OWN = "own releases, moved and dealt anew"
    RANDOM = "random days and gains"


@dataclass(frozen=True, eq=False)
class Ground:
    """A KPI's history, and the releases whose like are planted into it.

    Attributes:
        kpi: (n,) values by day (or week), NaN where missing; index: sorted, unique local days.
        released_at: (m,) positions 0..n-1 of the own releases in the index of `kpi`, ascending.
        gains: (m,) log changes of the metric at these releases.
        calendar: Known confounders by day, as for a link.
        max_lag_days, smallest_effect: As the hub asks its links.
    """

    kpi: pd.Series
    released_at: IntArray
    gains: FloatArray
    calendar: pd.DataFrame | None
    max_lag_days: int
    smallest_effect: float

    @property
    def is_log(self) -> bool:
        """Whether effects are elasticities: every value of the KPI is positive."""
        return float(self.kpi.min()) > 0.0

    @property
    def period_days(self) -> int:
        """1 for daily, 7 for weekly data."""
        days = pd.DatetimeIndex(self.kpi.index)
        typical = np.median(np.diff(days.as_unit("s").asi8)) / 86_400 if len(days) > 1 else 1
        return 7 if typical >= DAYS_OF_WEEKLY_DATA else 1


@dataclass(frozen=True)
class Planted:
    """One world: its releases' pattern, the true effect (0 in a null world) and its lag."""

    pattern: Pattern
    effect: float
    lag_days: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What the engine said of one world; `effect`, `low` and `high` are NaN without an estimate."""

    planted: Planted
    verdict: Verdict
    effect: float
    low: float
    high: float
    lag_days: int | None
    smallest_detectable_effect: float

    @property
    def is_found(self) -> bool:
        """Whether the engine said that the metric moves the KPI."""
        return self.verdict is Verdict.MOVES

    @property
    def has_estimate(self) -> bool:
        """Whether there is an interval to judge."""
        return math.isfinite(self.effect)

    @property
    def covers(self) -> bool:
        """Whether the interval holds the planted effect."""
        return self.low <= self.planted.effect <= self.high


def look(ground: Ground, planted: Planted) -> Outcome:
    """Plant one world and ask the engine about it; the world's seed decides everything drawn."""
    rng = np.random.default_rng(planted.seed)
    position, gains = drawn_releases(ground, planted.pattern, rng)
    level = np.zeros(len(ground.kpi))
    np.add.at(level, position, gains)
    metric = pd.Series(np.exp(np.cumsum(level)), ground.kpi.index)
    found = link(
        metric,
        with_effect(ground, metric, planted),
        rng=rng,
        calendar=ground.calendar,
        releases=pd.DatetimeIndex(ground.kpi.index[np.unique(position)]),
        max_lag_days=ground.max_lag_days,
        smallest_effect=ground.smallest_effect,
    )
    return Outcome(
        planted=planted,
        verdict=found.verdict,
        effect=found.effect,
        low=found.interval[0],
        high=found.interval[1],
        lag_days=found.lag_days,
        smallest_detectable_effect=found.smallest_detectable_effect,
    )


def drawn_releases(
    ground: Ground, pattern: Pattern, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Positions (ascending) and log gains of a world's releases.

    The own pattern keeps the distances between releases: all are moved by the same random number
    of days, those past the end coming in at the start, and the own gains are dealt to them in
    random order. The random pattern draws as many days evenly and normal gains with the own
    gains' mean and spread.
    """
    n, m = len(ground.kpi), len(ground.gains)
    if pattern is Pattern.OWN:
        moved = (ground.released_at + rng.integers(1, n)) % n
        return np.sort(moved), rng.permutation(ground.gains)
    position = np.sort(rng.choice(np.arange(1, n), size=min(m, n - 1), replace=False))
    spread = float(np.std(ground.gains, ddof=1)) if m > 1 else abs(float(ground.gains[0]))
    return position, rng.normal(float(np.mean(ground.gains)), spread, len(position))


def with_effect(ground: Ground, metric: pd.Series, planted: Planted) -> pd.Series:
    """The KPI with what the metric's changes do to it, from the lag on and for good."""
    lag = planted.lag_days // ground.period_days
    late = metric.shift(lag).bfill()
    if ground.is_log:
        return ground.kpi * np.exp(planted.effect * np.log(late / metric.iloc[0]))
    return ground.kpi + planted.effect * (late - metric.iloc[0])
