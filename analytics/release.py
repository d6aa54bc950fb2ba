"""What did one release do to the KPI, and could it have been chance?

A step from the release on is estimated by generalised least squares on the whitened KPI. The first
days after a release, when it rolls out and users get used to it, are left out by default: they
would pull a plain step towards zero.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.impact_estimate import (
    ImpactDesign,
    ImpactEstimate,
    estimate_impact,
    place,
    with_controls,
)
from analytics.impact_result import SERIES_COLUMNS, ReleaseImpact
from analytics.impact_verdict import caveats_of, judge, method_of
from analytics.kpi_data import KPI_UNITS, LOG_POINTS, assemble_kpi, check_kpi
from analytics.link_data import RefusalError
from analytics.money import DAYS_A_MONTH

__all__ = ["KPI_UNITS", "LOG_POINTS", "ReleaseImpact", "release_impact"]

MAX_DONUT_DAYS = 28


def release_impact(
    kpi: pd.Series,
    *,
    released_at: object,
    calendar: pd.DataFrame | None = None,
    donut_days: int = 7,
    other_releases: Sequence[object] | pd.DatetimeIndex = (),
    smallest_effect: float = 0.05,
) -> ReleaseImpact:
    """Estimate the lasting step of the KPI at one release and give a verdict.

    Args:
        kpi: (n,) values by day (or week), NaN where missing; index: sorted, unique local days.
        released_at: Date or time of the release, local, without zone.
        calendar: Columns of known confounders by day, numbers or booleans; days it does not name
            count as 0. A control series nobody treated may be given here as well.
        donut_days: Days from the release on that are left out, 0 to 28. With 0 a plain step: only
            where a roll-out is known to be instant, for a ramp biases it.
        other_releases: Dates of other releases; each gets a step of its own that is held constant.
        smallest_effect: The smallest change that matters as a share of the KPI (0.05 = 5 %).

    Returns:
        A `ReleaseImpact`. Data that cannot be analysed gives a verdict with its reason.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    day = _check(kpi, released_at, calendar, donut_days, smallest_effect)
    others = _other_days(kpi, other_releases, day)
    try:
        data = assemble_kpi(kpi, calendar)
        design = place(with_controls(data, others), day, donut_days)
        found = estimate_impact(design)
    except RefusalError as refusal:
        return _refused(refusal, kpi, day, donut_days, smallest_effect)
    smallest = math.log1p(smallest_effect) if data.is_log else smallest_effect * _level(design)
    return _answer(design, found, day, donut_days, smallest)


def _check(
    kpi: pd.Series,
    released_at: object,
    calendar: pd.DataFrame | None,
    donut_days: int,
    smallest_effect: float,
) -> pd.Timestamp:
    if released_at is None:
        raise TypeError("released_at: expected a date, got None")
    day = check_kpi(kpi, calendar=calendar, released_at=released_at)
    if isinstance(donut_days, bool) or not isinstance(donut_days, int | np.integer):
        raise TypeError(f"donut_days: expected a whole number, got {type(donut_days).__name__}")
    if not 0 <= donut_days <= MAX_DONUT_DAYS:
        raise ValueError(f"donut_days: expected 0 to {MAX_DONUT_DAYS}, got {donut_days}")
    if isinstance(smallest_effect, bool) or not isinstance(
        smallest_effect, int | float | np.integer | np.floating
    ):
        raise TypeError(f"smallest_effect: expected a number, got {type(smallest_effect).__name__}")
    if not (math.isfinite(smallest_effect) and smallest_effect > 0):
        raise ValueError(f"smallest_effect: expected a positive share, got {smallest_effect}")
    assert day is not None
    return day


def _other_days(
    kpi: pd.Series, other_releases: Sequence[object] | pd.DatetimeIndex, day: pd.Timestamp
) -> list[pd.Timestamp]:
    if isinstance(other_releases, str) or not isinstance(other_releases, Sequence | pd.Index):
        name = type(other_releases).__name__
        raise TypeError(f"other_releases: expected a list of dates, got {name}")
    try:
        days = {check_kpi(kpi, released_at=each) for each in other_releases}
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("released_at:", "other_releases:")) from None
    return sorted(each for each in days if each is not None and each != day)


def _level(design: ImpactDesign) -> float:
    """Mean size of the KPI before the release, in KPI units."""
    return float(np.nanmean(np.abs(design.data.kpi[: design.released])))


def _answer(
    design: ImpactDesign, found: ImpactEstimate, day: pd.Timestamp, donut_days: int, smallest: float
) -> ReleaseImpact:
    data, step = design.data, found.step
    verdict, reason, more = judge(design, found, smallest)
    per_day = _per_day(design, found)
    low, high = sorted(_per_day(design, found, effect) for effect in (step.low, step.high))
    series = found.series.assign(actual=data.kpi, is_left_out=False)
    series.iloc[design.released : design.first_after, -1] = True
    return ReleaseImpact(
        effect=step.effect,
        effect_unit=LOG_POINTS if data.is_log else KPI_UNITS,
        is_log=data.is_log,
        interval=(step.low, step.high),
        p_value=step.p_value,
        verdict=verdict,
        verdict_reason=reason,
        smallest_detectable_effect=step.smallest_detectable,
        smallest_effect=smallest,
        more_needed=more,
        kpi_per_day=per_day,
        kpi_per_day_interval=(low, high),
        kpi_per_month=per_day * DAYS_A_MONTH,
        kpi_per_month_interval=(low * DAYS_A_MONTH, high * DAYS_A_MONTH),
        pre_release_p_value=found.moved_before_p_value,
        released_on=day,
        donut_days=donut_days,
        n_days=data.n * data.period_days,
        n_days_before=design.before,
        n_days_after=design.after,
        method=method_of(design, donut_days),
        caveats=caveats_of(design, found, donut_days),
        series=series[list(SERIES_COLUMNS)],
    )


def _per_day(design: ImpactDesign, found: ImpactEstimate, effect: float | None = None) -> float:
    """The step in KPI units a day, mean of the observed days after the donut."""
    size = found.step.effect if effect is None else effect
    data = design.data
    after = data.kpi[design.first_after :]
    after = after[~np.isnan(after)]
    gained = after * -math.expm1(-size) if data.is_log else np.full(len(after), size)
    return float(gained.mean()) / data.period_days


def _refused(
    refusal: RefusalError,
    kpi: pd.Series,
    day: pd.Timestamp,
    donut_days: int,
    smallest_effect: float,
) -> ReleaseImpact:
    nan = float("nan")
    is_log = bool(kpi.notna().any() and kpi.min() > 0)
    seen = kpi.dropna().index
    actual = kpi.astype("float64")
    after = day + pd.Timedelta(days=donut_days)
    return ReleaseImpact(
        effect=nan,
        effect_unit=LOG_POINTS if is_log else KPI_UNITS,
        is_log=is_log,
        interval=(nan, nan),
        p_value=nan,
        verdict=refusal.verdict,
        verdict_reason=refusal.reason,
        smallest_detectable_effect=nan,
        smallest_effect=math.log1p(smallest_effect) if is_log else nan,
        more_needed=refusal.more_needed,
        kpi_per_day=nan,
        kpi_per_day_interval=(nan, nan),
        kpi_per_month=nan,
        kpi_per_month_interval=(nan, nan),
        pre_release_p_value=nan,
        released_on=day,
        donut_days=donut_days,
        n_days=len(seen),
        n_days_before=int((seen < day).sum()),
        n_days_after=int((seen >= after).sum()),
        method="None: the data was refused before an estimate.",
        caveats=(),
        series=pd.DataFrame(
            {"actual": actual, "counterfactual": nan, "low": nan, "high": nan},
        ).assign(is_left_out=(kpi.index >= day) & (kpi.index < after)),
    )
