"""Before a metric is used: how small an effect could be seen, and how long would it take?

Everything is computed from the KPI's own history, from how loud and how forgetful it is; no
release has to have happened yet. `benchmarks.planning` holds the predictions against what the
analyses then find.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analytics.experiment_size import UsersNeeded, users_needed
from analytics.kpi_data import KPI_UNITS, LOG_POINTS, assemble_kpi, check_kpi
from analytics.link_data import ELASTICITY, FloatArray, LinkData, RefusalError
from analytics.planning_checks import check_count, check_positive, check_power
from analytics.step_precision import View, plausible_views, step_information
from analytics.whitening import whiten_kpi

__all__ = [
    "DetectableEffect",
    "DetectableStep",
    "ReleasesNeeded",
    "UsersNeeded",
    "releases_needed",
    "smallest_detectable_elasticity",
    "smallest_detectable_step",
    "users_needed",
]

MIN_RELEASES = 6
LONGEST_PLAN_DAYS = 1826
LAG_WINDOW_DAYS = 14
# The search over lags 0 to 14 counts like this many independent looks; set by simulation
# (`benchmarks.planning`), where it makes predicted and realised power agree.
INDEPENDENT_LAGS = 8.0
KPI_PER_LOG_GAIN = "KPI units per log point of the metric"


@dataclass(frozen=True)
class DetectableEffect:
    """The smallest effect that a plan of releases would show.

    Attributes:
        effect: In `effect_unit`; NaN when the history cannot tell, and `reason` says why.
        effect_unit: Elasticity, or KPI units per log point where the KPI can be zero or negative.
        n_releases, spacing_days, typical_log_gain, power: The plan, as given.
        weeks: From the end of the history to the end of the last release's lag window.
        reason: Why there is no figure; empty when there is.
        method, caveats: How, and what a reader must see.
    """

    effect: float
    effect_unit: str
    n_releases: int
    spacing_days: int
    typical_log_gain: float
    power: float
    weeks: float
    reason: str
    method: str
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class ReleasesNeeded:
    """How many releases would show an effect; `n_releases` and `weeks` are None when none do.

    `smallest_within_reach` is what the longest plan of five years would show.
    """

    elasticity: float
    n_releases: int | None
    weeks: float | None
    smallest_within_reach: float
    power: float
    reason: str


@dataclass(frozen=True)
class DetectableStep:
    """The smallest lasting step of one release that would be shown after some days.

    `step` is in `step_unit` (log points, or KPI units); NaN when the history cannot tell, and
    `reason` says why.
    """

    step: float
    step_unit: str
    days_after: int
    donut_days: int
    power: float
    reason: str


def smallest_detectable_elasticity(
    kpi: pd.Series,
    *,
    n_releases: int,
    spacing_days: int,
    typical_log_gain: float,
    calendar: pd.DataFrame | None = None,
    power: float = 0.8,
) -> DetectableEffect:
    """The smallest elasticity that coming releases would show with the given power.

    Args:
        kpi: (n,) history by day (or week), NaN where missing; index: sorted, unique local days.
        n_releases: Releases to come, at least 6.
        spacing_days: Days from one release to the next.
        typical_log_gain: Standard deviation of the releases' log changes of the metric. Only
            differences between gains carry information: what all releases have in common cannot
            be told from the side effects of releasing.
        calendar: Known confounders of the history, as for a link.
        power: Share of cases in which the effect would be shown.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    _check_plan(kpi, calendar, spacing_days, typical_log_gain, power)
    check_count("n_releases", n_releases, least=MIN_RELEASES)
    weeks = _horizon_days(n_releases, spacing_days) / 7.0
    caveats: tuple[str, ...] = ()
    try:
        data, views = _seen(kpi, calendar)
        _require_reach(n_releases, spacing_days)
    except _CannotPlanError as refusal:
        effect, unit, reason = math.nan, ELASTICITY, str(refusal)
    else:
        effect = _detectable(data, views, n_releases, spacing_days, typical_log_gain, power)
        unit = ELASTICITY if data.is_log else KPI_PER_LOG_GAIN
        reason, caveats = "", _caveats(data)
    return DetectableEffect(
        effect=effect,
        effect_unit=unit,
        n_releases=n_releases,
        spacing_days=spacing_days,
        typical_log_gain=typical_log_gain,
        power=power,
        weeks=weeks,
        reason=reason,
        method="Precision of release-level generalised least squares on coming days with the "
        "history's noise, allowing for the search over lags.",
        caveats=caveats,
    )


def releases_needed(
    kpi: pd.Series,
    *,
    elasticity: float,
    spacing_days: int,
    typical_log_gain: float,
    calendar: pd.DataFrame | None = None,
    power: float = 0.8,
) -> ReleasesNeeded:
    """The fewest releases, and the weeks they take, that would show an elasticity.

    Arguments as for `smallest_detectable_elasticity`; `elasticity` counts by its size. Plans of
    more than five years are not looked at.
    """
    _check_plan(kpi, calendar, spacing_days, typical_log_gain, power)
    check_positive("elasticity", abs(elasticity) if elasticity else elasticity)
    most = (LONGEST_PLAN_DAYS - LAG_WINDOW_DAYS) // spacing_days
    wanted = abs(elasticity)
    try:
        data, views = _seen(kpi, calendar)
        _require_reach(MIN_RELEASES, spacing_days)
    except _CannotPlanError as refusal:
        return ReleasesNeeded(elasticity, None, None, math.nan, power, str(refusal))

    def shown(count: int) -> float:
        return _detectable(data, views, count, spacing_days, typical_log_gain, power)

    reach = shown(most)
    if reach > wanted:
        reason = f"Five years of such releases would show {reach:.3g} at the smallest."
        return ReleasesNeeded(elasticity, None, None, reach, power, reason)
    low, high = MIN_RELEASES, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) <= wanted else (middle + 1, high)
    weeks = _horizon_days(low, spacing_days) / 7.0
    return ReleasesNeeded(elasticity, low, weeks, reach, power, "")


def smallest_detectable_step(
    kpi: pd.Series,
    *,
    days_after: int,
    donut_days: int = 7,
    calendar: pd.DataFrame | None = None,
    power: float = 0.8,
) -> DetectableStep:
    """The smallest lasting step that one release right after the history would show.

    `days_after` counts the days behind the `donut_days` that are left out; other arguments as for
    `smallest_detectable_elasticity`.
    """
    check_kpi(kpi, calendar=calendar)
    check_count("days_after", days_after, least=7)
    check_count("donut_days", donut_days, least=0)
    check_power(power)
    try:
        data, views = _seen(kpi, calendar)
    except _CannotPlanError as refusal:
        return DetectableStep(math.nan, LOG_POINTS, days_after, donut_days, power, str(refusal))
    ahead = math.ceil((days_after + donut_days) / data.period_days)
    donut = math.ceil(donut_days / data.period_days)
    columns = np.zeros((data.n + ahead, 1 + donut))
    columns[data.n + donut :, 0] = 1.0
    columns[data.n + np.arange(donut), 1 + np.arange(donut)] = 1.0
    variance = sum(
        view.weight
        * view.whitened.sigma**2
        / _beside(step_information(data, view.whitened, columns, ahead, begins_season=True))
        for view in views
    )
    factor = float(stats.t.isf(0.025, views[0].whitened.dof) + stats.norm.ppf(power))
    step = factor * math.sqrt(variance)
    unit = LOG_POINTS if data.is_log else KPI_UNITS
    return DetectableStep(step, unit, days_after, donut_days, power, "")


class _CannotPlanError(Exception):
    """The history cannot carry a plan; the text says why."""


def _seen(kpi: pd.Series, calendar: pd.DataFrame | None) -> tuple[LinkData, tuple[View, ...]]:
    try:
        data = assemble_kpi(kpi, calendar)
        return data, plausible_views(data, whiten_kpi(data))
    except RefusalError as refusal:
        raise _CannotPlanError(f"{refusal.reason} {refusal.more_needed}") from None


def _require_reach(n_releases: int, spacing_days: int) -> None:
    days = _horizon_days(n_releases, spacing_days)
    if days > LONGEST_PLAN_DAYS:
        raise _CannotPlanError(
            f"{n_releases} releases {spacing_days} days apart take {days / 365.25:.1f} years; no "
            "KPI stays the same for more than five."
        )


def _horizon_days(n_releases: int, spacing_days: int) -> int:
    return n_releases * spacing_days + LAG_WINDOW_DAYS


def _detectable(
    data: LinkData,
    views: tuple[View, ...],
    n_releases: int,
    spacing_days: int,
    typical_log_gain: float,
    power: float,
) -> float:
    """Critical value and power quantile times the standard error of the slope."""
    ahead = math.ceil(_horizon_days(n_releases, spacing_days) / data.period_days)
    first = data.n + (np.arange(n_releases) * spacing_days) // data.period_days
    steps = (np.arange(data.n + ahead)[:, None] >= first[None, :]).astype(np.float64)
    variance = sum(
        view.weight
        * view.whitened.sigma**2
        / _differences(step_information(data, view.whitened, steps, ahead, begins_season=True))
        for view in views
    )
    se = math.sqrt(variance) / typical_log_gain
    looks = INDEPENDENT_LAGS if data.period_days == 1 else 1.0 + INDEPENDENT_LAGS / 7.0
    dof = max(n_releases - 2, 1)
    critical = float(stats.t.isf(0.025 / looks, dof))
    return (critical + float(stats.t.ppf(power, dof))) * se


def _differences(cross: FloatArray) -> float:
    """Information of gains of spread 1, what all releases have in common taken out."""
    by_all = cross.sum(axis=1)
    common = float(by_all @ by_all) / max(float(by_all.sum()), 1e-300)
    return max(float(np.trace(cross)) - common, 1e-300)


def _beside(cross: FloatArray) -> float:
    """Information of the first column beside all others."""
    others = np.linalg.pinv(cross[1:, 1:], hermitian=True)
    return max(float(cross[0, 0] - cross[0, 1:] @ others @ cross[1:, 0]), 1e-300)


def _caveats(data: LinkData) -> tuple[str, ...]:
    return (
        *data.caveats,
        "Holds if the KPI stays as loud as it was and gains do not answer to the KPI.",
    )


def _check_plan(
    kpi: pd.Series,
    calendar: pd.DataFrame | None,
    spacing_days: int,
    typical_log_gain: float,
    power: float,
) -> None:
    check_kpi(kpi, calendar=calendar)
    check_count("spacing_days", spacing_days, least=1)
    check_positive("typical_log_gain", typical_log_gain)
    check_power(power)
