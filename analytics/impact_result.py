"""What does the analysis of one release answer, and what does its chart draw?"""

import math
from dataclasses import dataclass

import pandas as pd

from analytics.vocabulary import Verdict

SERIES_COLUMNS = ("actual", "counterfactual", "low", "high", "is_left_out")


@dataclass(frozen=True, eq=False)
class ReleaseImpact:
    """Answer to "what did this release do?", with all that is needed to doubt it.

    Attributes:
        effect, interval: Permanent step with its 95 % interval in `effect_unit`; NaN without one.
        effect_unit: Log points for a KPI that is always positive, otherwise units of the KPI.
        is_log: Which of the two.
        p_value: Two-sided, of no step.
        verdict, verdict_reason: The answer and, in one sentence, why.
        smallest_detectable_effect: The step this data would show in four of five cases.
        smallest_effect: The step that matters, in `effect_unit`.
        more_needed: Plain sentence on how many more days after the release would be enough.
        kpi_per_day, kpi_per_day_interval: The step in KPI units a day, mean of the days after.
        kpi_per_month, kpi_per_month_interval: The same over 30.4 days.
        pre_release_p_value: Of no move in the two weeks before the release.
        released_on: Local day of the release.
        donut_days: Days after the release that were left out.
        n_days, n_days_before, n_days_after: Days on the grid, observed days before the release,
            and observed days after the donut.
        method, caveats: One sentence; sentences a reader must see.
        series: By day: actual, counterfactual, low, high (95 % band of the counterfactual) in the
            KPI's own units, and is_left_out. Before the release the counterfactual is the KPI.
    """

    effect: float
    effect_unit: str
    is_log: bool
    interval: tuple[float, float]
    p_value: float
    verdict: Verdict
    verdict_reason: str
    smallest_detectable_effect: float
    smallest_effect: float
    more_needed: str
    kpi_per_day: float
    kpi_per_day_interval: tuple[float, float]
    kpi_per_month: float
    kpi_per_month_interval: tuple[float, float]
    pre_release_p_value: float
    released_on: pd.Timestamp
    donut_days: int
    n_days: int
    n_days_before: int
    n_days_after: int
    method: str
    caveats: tuple[str, ...]
    series: pd.DataFrame

    @property
    def has_estimate(self) -> bool:
        """Whether the data carried an estimate at all."""
        return math.isfinite(self.effect)
