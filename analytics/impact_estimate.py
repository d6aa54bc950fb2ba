"""Which step does the whitened KPI show at one release, and had it moved before?"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.controls import day_dummies, orthonormal
from analytics.counterfactual import without_step
from analytics.link_data import FloatArray, LinkData, RefusalError
from analytics.model_average import plausible_models
from analytics.step_effect import StepEffect, estimate_step
from analytics.vocabulary import Verdict
from analytics.whitening import WhitenedKpi, whiten_kpi

MIN_DAYS_BEFORE = 28
MIN_DAYS_AFTER = 7
WINDOWS_BEFORE_DAYS = (5, 9, 14)
SLOW_CURVE_FROM_DAYS = 150
SLOW_CURVE_BELOW_DAYS = 300


@dataclass(frozen=True, eq=False)
class ImpactDesign:
    """Where the release and its donut lie on the grid; positions are in periods."""

    data: LinkData
    released: int
    first_after: int

    @property
    def step(self) -> FloatArray:
        """(n,) 1 from the first period after the donut on."""
        return (np.arange(self.data.n) >= self.first_after).astype(np.float64)

    @property
    def before(self) -> int:
        """Observed days before the release."""
        return int((~self.data.kpi_is_missing[: self.released]).sum()) * self.data.period_days

    @property
    def after(self) -> int:
        """Observed days after the donut."""
        return int((~self.data.kpi_is_missing[self.first_after :]).sum()) * self.data.period_days


@dataclass(frozen=True, eq=False)
class ImpactEstimate:
    """The step, the p-value of a move before it, and the whitened KPI without the release.

    `series` has the counterfactual by day.
    """

    step: StepEffect
    moved_before_p_value: float
    whitened: WhitenedKpi
    series: pd.DataFrame


def with_controls(data: LinkData, others: list[pd.Timestamp]) -> LinkData:
    """Add the steps of other releases, and a slow curve where a season is too short to model.

    From about five months on, an unmodelled part of a yearly season bends the level more than a
    straight trend follows, and would be taken for a step.
    """
    extra = {
        f"other release {each:%Y-%m-%d}": (data.days >= each).astype(np.float64)
        for each in others
        if data.days[0] < each <= data.days[-1]
    }
    if SLOW_CURVE_FROM_DAYS <= data.n * data.period_days < SLOW_CURVE_BELOW_DAYS:
        time = np.linspace(-1.0, 1.0, data.n)
        extra |= {"slow curve, square": time**2, "slow curve, cube": time**3}
    frame = pd.DataFrame(extra, index=data.days)
    return replace(data, calendar=pd.concat([data.calendar, frame], axis=1))


def place(data: LinkData, day: pd.Timestamp, donut_days: int) -> ImpactDesign:
    """Find the release on the grid and leave its donut out, or refuse."""
    end = data.days[-1] + pd.Timedelta(days=data.period_days - 1)
    if not data.days[0] < day <= end:
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            f"The release of {day:%Y-%m-%d} lies outside the data "
            f"({data.days[0]:%Y-%m-%d} to {end:%Y-%m-%d}).",
            f"At least {MIN_DAYS_BEFORE} days before and {MIN_DAYS_AFTER} days after the days "
            "left out are needed.",
        )
    released = int(data.days.searchsorted(day, side="right")) - 1
    offset = (day - data.days[released]).days
    first_after = released + math.ceil((offset + donut_days) / data.period_days)
    y = data.y.copy()
    y[released:first_after] = np.nan
    design = ImpactDesign(replace(data, y=y), released, first_after)
    _require_days("before the release", design.before, MIN_DAYS_BEFORE)
    _require_days("after the days left out", design.after, MIN_DAYS_AFTER)
    return design


def _require_days(where: str, seen: int, needed: int) -> None:
    if seen < needed:
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            f"Only {seen} days with a value {where}; at least {needed} are needed.",
            f"{needed - seen} more days {where} are needed for a first look.",
        )


def estimate_impact(design: ImpactDesign) -> ImpactEstimate:
    data, step = design.data, design.step
    beside = pd.concat([data.calendar, pd.Series(step, data.days)], axis=1)
    whitened = whiten_kpi(replace(data, calendar=beside))
    controls = whitened.columns[:, :-1]
    left_out = day_dummies(data.kpi_is_missing | whitened.shocks)
    basis = orthonormal(np.hstack([controls, left_out]))
    both = orthonormal(np.column_stack([basis, step]))
    models = plausible_models(both, whitened.filled, whitened.model)
    found = estimate_step(step, basis, whitened.filled, models)
    if found is None:
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            "The release cannot be told apart from another release, a gap or an entry of the "
            "calendar that begins with it.",
            "More days cannot settle this: release apart from other changes, or run an experiment.",
        )
    return ImpactEstimate(
        step=found,
        moved_before_p_value=_moved_before(design, whitened, both),
        whitened=whitened,
        series=without_step(data, whitened, controls, step, found),
    )


def _moved_before(design: ImpactDesign, whitened: WhitenedKpi, both: FloatArray) -> float:
    """P-value of no move just before the release, beside the step at it.

    The smallest of three windows, times three (Bonferroni); the noise models allow for all three.
    """
    windows = [_window_before(design, days) for days in WINDOWS_BEFORE_DAYS]
    basis = orthonormal(np.column_stack([both, *windows]))
    models = plausible_models(basis, whitened.filled, whitened.model)
    steps = [estimate_step(window, both, whitened.filled, models) for window in windows]
    p_values = [step.p_value for step in steps if step is not None]
    return min(1.0, len(p_values) * min(p_values)) if p_values else math.nan


def _window_before(design: ImpactDesign, days: int) -> FloatArray:
    """(n,) 1 in the days before the release; at least one period."""
    window = np.zeros(design.data.n)
    length = max(days // design.data.period_days, 1)
    window[max(design.released - length, 0) : design.released] = 1.0
    return window
