"""On which seeded shops with one release is the analysis of one release measured?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks import link_worlds as worlds


@dataclass(frozen=True, eq=False)
class ReleaseWorld:
    """A shop with one release whose lasting effect on the log KPI is known."""

    kpi: pd.Series
    calendar: pd.DataFrame
    released: int
    effect: float

    @property
    def released_at(self) -> pd.Timestamp:
        """The day of the release."""
        return pd.Timestamp(self.kpi.index[self.released])


@dataclass(frozen=True)
class Answer:
    """What one method said about one world."""

    low: float
    high: float
    moves: bool

    def covers(self, effect: float) -> bool:
        """Whether the interval holds this effect."""
        return self.low <= effect <= self.high


def release_world(
    rng: np.random.Generator, noise: worlds.Noise, *, effect: float, ramp_days: int = 0
) -> ReleaseWorld:
    """120 to 730 days, at least 45 before and 21 after; a ramp starts on the release day."""
    n = worlds.span(rng)
    base = worlds.shop(rng, noise, n=n)
    released = int(rng.integers(45, n - 21))
    since = np.arange(n) - released + 1
    reached = np.clip(since / ramp_days, 0.0, 1.0) if ramp_days else (since > 0).astype(float)
    return ReleaseWorld(
        kpi=pd.Series(np.exp(base.log_kpi + effect * reached), base.days),
        calendar=pd.DataFrame({"promotion": base.promotion}, index=base.days),
        released=released,
        effect=effect,
    )
