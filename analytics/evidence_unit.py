"""In which one unit can experiments, releases and series be held side by side?

As elasticities, d log KPI over d log metric. What is given per unit of the metric is converted at
the mean level of metric and KPI in the days of the link, which is right to first order.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from analytics.experiment_link import EFFECT_UNIT, LOG_EFFECT_UNIT
from analytics.link_data import ELASTICITY, SLOPE
from analytics.link_result import LinkResult

COMPARABLE_UNIT = ELASTICITY


@dataclass(frozen=True)
class Levels:
    """Mean of the metric and of the KPI over the days of a link; NaN where not known."""

    metric: float = math.nan
    kpi: float = math.nan


def levels_of(links: Iterable[LinkResult | None]) -> Levels:
    """The levels of the first link that knows them."""
    for link in links:
        if link is None or not {"metric_value", "kpi_value"} <= set(link.whitened.columns):
            continue
        means = link.whitened[["metric_value", "kpi_value"]].mean()
        if means.notna().all():
            return Levels(float(means["metric_value"]), float(means["kpi_value"]))
    return Levels()


def as_elasticity(effect_unit: str, levels: Levels) -> float | None:
    """What an effect is multiplied by to be an elasticity; None where it cannot be one."""
    factors = {
        ELASTICITY: 1.0,
        LOG_EFFECT_UNIT: 1.0,
        EFFECT_UNIT: levels.metric,
        SLOPE: levels.metric / levels.kpi if levels.kpi > 0.0 else math.nan,
    }
    factor = factors.get(effect_unit, math.nan)
    return factor if math.isfinite(factor) and factor > 0.0 else None
