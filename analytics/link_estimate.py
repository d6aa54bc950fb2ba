"""What does either engine hand over before a verdict is given?"""

from dataclasses import dataclass

import pandas as pd

from analytics.fading import FadingEffect
from analytics.release_steps import Releases
from analytics.vocabulary import EvidenceGrade


@dataclass(frozen=True, eq=False)
class LinkEstimate:
    """An estimate of the effect; lags are in periods, effects in the data's effect unit.

    `moved_before_p_value` combines the lead placebo and the pre-release test; NaN for a
    continuous metric. `releases` and `release_table` are None for a continuous metric, whose
    `pre_release_p_value` is the p-value of the feedback test. `fading` is the second look at a
    step metric; a scan does without. `timing_p_value` is that of an effect that comes before its
    release; NaN where no effect was found.
    """

    grade: EvidenceGrade
    method: str
    effect: float
    low: float
    high: float
    se: float
    p_value: float
    lag: int
    lag_set: tuple[int, ...]
    smallest_detectable_effect: float
    lead_p_value: float
    pre_release_p_value: float
    moved_before_p_value: float
    lag_effects: pd.DataFrame
    releases: Releases | None
    release_table: pd.DataFrame | None
    fading: FadingEffect | None = None
    timing_p_value: float = float("nan")
