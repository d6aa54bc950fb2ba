"""Did a model metric move a business figure, how late, by how much, and how sure are we?

`link` runs on one pair of daily (or weekly) series. A step metric, one that changes only at
releases, is judged release by release; a continuous metric by its day-to-day movements. Both use
the same whitened KPI, the same verdicts and the same kind of interval.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.link_checks import check_arguments
from analytics.link_data import (
    ELASTICITY,
    SLOPE,
    LinkData,
    RefusalError,
    assemble,
    counted,
    finite,
    unworkable,
)
from analytics.link_estimate import LinkEstimate
from analytics.link_result import LinkResult, no_lag_effects, no_releases
from analytics.link_verdict import MOVES_BELOW, Judgement, judge
from analytics.release_link import estimate_releases
from analytics.series_link import estimate_series
from analytics.vocabulary import EvidenceGrade
from analytics.whitening import WhitenedKpi, whiten_kpi

__all__ = ["ELASTICITY", "SLOPE", "LinkResult", "link"]


def link(
    metric: pd.Series,
    kpi: pd.Series,
    *,
    rng: np.random.Generator,
    calendar: pd.DataFrame | None = None,
    releases: Sequence[object] | pd.DatetimeIndex | pd.Series | None = None,
    max_lag_days: int = 14,
    smallest_effect: float = 1.0,
) -> LinkResult:
    """Estimate how the KPI follows the metric and give one of five verdicts.

    Args:
        metric: (n,) values by day, NaN where unknown; index: sorted, unique days without zone.
        kpi: (n,) values by day on the same index, NaN where missing.
        rng: Source of the permutations; the same seed gives the same answer.
        calendar: Columns of known confounders by day (promotion, holiday, outage, price change),
            numbers or booleans; days it does not name count as 0.
        releases: Release dates, zero-gain releases included; without it every change of a step
            metric counts as a release.
        max_lag_days: Longest delay looked for, 0 to 60.
        smallest_effect: The smallest effect that matters, in the result's `effect_unit`.

    Returns:
        A `LinkResult`. Data that cannot be analysed (too short, constant, empty) gives a verdict
        with its reason, never an exception.

    Raises:
        TypeError, ValueError: When an argument is not what it should be; names the argument.
    """
    listed = check_arguments(
        metric,
        kpi,
        rng=rng,
        calendar=calendar,
        releases=releases,
        max_lag_days=max_lag_days,
        smallest_effect=smallest_effect,
    )
    try:
        data = assemble(metric, kpi, calendar)
    except RefusalError as refusal:
        return _refused(refusal, metric, kpi, smallest_effect=smallest_effect)
    max_lag = max_lag_days // data.period_days
    try:
        whitened = whiten_kpi(data, with_slow_curve=True)
        estimate = (
            estimate_releases(data, whitened, listed, max_lag=max_lag, rng=rng)
            if data.is_step
            else estimate_series(data, whitened, max_lag=max_lag, rng=rng)
        )
    except RefusalError as refusal:
        return _refused(refusal, metric, kpi, smallest_effect=smallest_effect, data=data)
    except (ArithmeticError, np.linalg.LinAlgError):
        return _refused(unworkable(), metric, kpi, smallest_effect=smallest_effect, data=data)
    judgement = judge(data, estimate, smallest_effect=smallest_effect)
    return _answer(data, whitened, estimate, judgement, smallest_effect=smallest_effect)


def _answer(
    data: LinkData,
    whitened: WhitenedKpi,
    estimate: LinkEstimate,
    judgement: Judgement,
    *,
    smallest_effect: float,
) -> LinkResult:
    releases = estimate.releases
    return LinkResult(
        effect=estimate.effect,
        effect_unit=data.effect_unit,
        interval=(estimate.low, estimate.high),
        p_value=estimate.p_value,
        lag_days=estimate.lag * data.period_days,
        lag_set=(
            min(estimate.lag_set) * data.period_days,
            max(estimate.lag_set) * data.period_days,
        ),
        verdict=judgement.verdict,
        verdict_reason=judgement.reason,
        smallest_detectable_effect=estimate.smallest_detectable_effect,
        smallest_effect=smallest_effect,
        more_needed=judgement.more_needed,
        n_releases=0 if releases is None else releases.n_usable,
        n_days=data.n * data.period_days,
        first_day=data.days[0],
        last_day=data.days[-1],
        lead_p_value=estimate.lead_p_value,
        pre_release_p_value=estimate.pre_release_p_value,
        evidence_grade=estimate.grade,
        method=estimate.method,
        caveats=(*data.caveats, *_caveats(data, whitened, estimate)),
        raw_correlation=_raw_correlation(pd.Series(data.metric), pd.Series(data.kpi)),
        lag_effects=estimate.lag_effects,
        release_table=no_releases() if estimate.release_table is None else estimate.release_table,
        whitened=_series(data, whitened, estimate),
        fading=estimate.fading,
        timing_p_value=estimate.timing_p_value,
    )


def _caveats(data: LinkData, whitened: WhitenedKpi, estimate: LinkEstimate) -> list[str]:
    caveats = [] if estimate.releases is None else list(estimate.releases.caveats)
    missing = int(data.kpi_is_missing.sum())
    if missing:
        caveats.append(f"{counted(missing, data.period_name)} without a KPI value left out.")
    shocks = data.days[whitened.shocks]
    if len(shocks):
        shown = ", ".join(f"{day:%Y-%m-%d}" for day in shocks[:8])
        more = f" and {len(shocks) - 8} more" if len(shocks) > 8 else ""
        caveats.append(f"Unlisted shocks were set aside: {shown}{more}.")
    if estimate.p_value < MOVES_BELOW and estimate.low < 0.0 < estimate.high:
        caveats.append("The sign is not settled: another lag fits about as well the other way.")
    if estimate.fading is not None and estimate.fading.caveat is not None:
        caveats.append(estimate.fading.caveat)
    if data.calendar.shape[1]:
        caveats.append(
            "A promotion that grows with a release's gain cannot be told from the release."
        )
    else:
        caveats.append("No promotions, holidays or outages were listed to hold constant.")
    return caveats


def _series(data: LinkData, whitened: WhitenedKpi, estimate: LinkEstimate) -> pd.DataFrame:
    is_release = np.zeros(data.n, dtype=np.bool_)
    if estimate.releases is not None:
        is_release[estimate.releases.position] = True
    shown = np.where(data.kpi_is_missing, np.nan, whitened.residual / whitened.sigma)
    return pd.DataFrame(
        {
            "metric_value": data.metric,
            "kpi_value": data.kpi,
            "kpi_whitened": shown,
            "is_release": is_release,
        },
        index=data.days,
    )


def _raw_correlation(metric: pd.Series, kpi: pd.Series) -> float:
    """Pearson correlation of the days with both values; NaN when either is constant."""
    clean_metric, clean_kpi, _ = finite(metric, kpi)
    both = pd.DataFrame({"metric": clean_metric, "kpi": clean_kpi}).dropna()
    if len(both) < 3:
        return float("nan")
    centred = (both - both.mean()).to_numpy()
    size = np.linalg.norm(centred, axis=0)
    if size.min() <= 1e-150:
        return float("nan")
    return float((centred[:, 0] / size[0]) @ (centred[:, 1] / size[1]))


def _refused(
    refusal: RefusalError,
    metric: pd.Series,
    kpi: pd.Series,
    *,
    smallest_effect: float,
    data: LinkData | None = None,
) -> LinkResult:
    nan = float("nan")
    both = metric.notna() & kpi.notna()
    days = metric.index[both.to_numpy()] if data is None else data.days
    shown = pd.DataFrame({"metric_value": metric, "kpi_value": kpi}).astype("float64")
    return LinkResult(
        effect=nan,
        effect_unit=ELASTICITY if data is None else data.effect_unit,
        interval=(nan, nan),
        p_value=nan,
        lag_days=None,
        lag_set=None,
        verdict=refusal.verdict,
        verdict_reason=refusal.reason,
        smallest_detectable_effect=nan,
        smallest_effect=smallest_effect,
        more_needed=refusal.more_needed,
        n_releases=refusal.n_releases,
        n_days=len(days) if data is None else data.n * data.period_days,
        first_day=days[0] if len(days) else None,
        last_day=days[-1] if len(days) else None,
        lead_p_value=nan,
        pre_release_p_value=nan,
        evidence_grade=(
            EvidenceGrade.RELEASES if data is None or data.is_step else EvidenceGrade.SERIES
        ),
        method="None: the data was refused before an estimate.",
        caveats=() if data is None else data.caveats,
        raw_correlation=_raw_correlation(metric, kpi),
        lag_effects=no_lag_effects(),
        release_table=no_releases(),
        whitened=shown.assign(kpi_whitened=nan, is_release=False),
    )
