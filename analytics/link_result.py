"""What does a link analysis answer, and what does its page draw?"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.fading import FadingEffect
from analytics.vocabulary import EvidenceGrade, Verdict

LAG_EFFECT_COLUMNS = ("lag_days", "effect", "low", "high")
RELEASE_COLUMNS = (
    "released_on",
    "metric_before",
    "metric_after",
    "log_change",
    "kpi_log_change",
    "se",
    "usable",
)
SERIES_COLUMNS = ("metric_value", "kpi_value", "kpi_whitened", "is_release")


@dataclass(frozen=True, eq=False)
class LinkResult:
    """Answer to "did this metric move this KPI?", with all that is needed to doubt it.

    Attributes:
        effect: Estimate in `effect_unit`; NaN when the data carried none.
        effect_unit: Unit of `effect`, `interval`, `smallest_effect` and
            `smallest_detectable_effect`: an elasticity when metric and KPI are always positive,
            otherwise KPI units per metric unit.
        interval: 95 % interval (low, high) that allows for the unknown lag.
        p_value: Of the search over all lags. In a scan use its q-value instead.
        lag_days: Best lag in days; None without an estimate.
        lag_set: First and last lag in days that fit about as well; None without an estimate.
        verdict, verdict_reason: The answer and, in one sentence, why.
        smallest_detectable_effect: The effect this data would show in four of five cases.
        smallest_effect: The effect that matters, as asked.
        more_needed: Plain sentence on how many more releases or weeks would be enough.
        n_releases: Releases whose whole lag window lies inside the data; 0 for a continuous metric.
        n_days: Days (for weekly data: seven for each week) on the grid.
        first_day, last_day: Ends of the grid; None without a common span.
        lead_p_value: Of the lead placebo: does the KPI follow *later* values of the metric?
        pre_release_p_value: Of the pre-release test; for continuous metrics of the feedback test.
        evidence_grade: `releases` for a step metric, `series` for a continuous one.
        method: One sentence.
        caveats: Sentences a reader must see.
        raw_correlation: Pearson correlation of the raw series. Never carries a verdict.
        lag_effects: Columns lag_days (negative: leads), effect, low, high (simultaneous 95 %).
        release_table: Columns released_on, metric_before, metric_after, log_change,
            kpi_log_change, se, usable; on the identity scale the changes are plain differences.
        whitened: Indexed by day: metric_value, kpi_value, kpi_whitened (in standard deviations),
            is_release.
        fading: Second look at a step metric: the effect if it fades after each release, and which
            shape fits better; None for a continuous metric and without an estimate.
        timing_p_value: Of the timing test: would a step *before* each release win over one after
            it by as much? NaN for a continuous metric and where no effect was found.
    """

    effect: float
    effect_unit: str
    interval: tuple[float, float]
    p_value: float
    lag_days: int | None
    lag_set: tuple[int, int] | None
    verdict: Verdict
    verdict_reason: str
    smallest_detectable_effect: float
    smallest_effect: float
    more_needed: str
    n_releases: int
    n_days: int
    first_day: pd.Timestamp | None
    last_day: pd.Timestamp | None
    lead_p_value: float
    pre_release_p_value: float
    evidence_grade: EvidenceGrade
    method: str
    caveats: tuple[str, ...]
    raw_correlation: float
    lag_effects: pd.DataFrame
    release_table: pd.DataFrame
    whitened: pd.DataFrame
    fading: FadingEffect | None = None
    timing_p_value: float = float("nan")

    @property
    def has_estimate(self) -> bool:
        """Whether effect and interval are numbers."""
        return math.isfinite(self.effect)


def no_lag_effects() -> pd.DataFrame:
    """An empty frame with the columns of `LinkResult.lag_effects`."""
    return pd.DataFrame({name: pd.Series(dtype=np.float64) for name in LAG_EFFECT_COLUMNS})


def no_releases() -> pd.DataFrame:
    """An empty frame with the columns of `LinkResult.release_table`."""
    kinds = {"released_on": "datetime64[ns]", "usable": "bool"}
    return pd.DataFrame(
        {name: pd.Series(dtype=kinds.get(name, "float64")) for name in RELEASE_COLUMNS}
    )
