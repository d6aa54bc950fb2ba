"""How much, and how late, does the KPI move when releases change a step metric?"""

import numpy as np
import pandas as pd

from analytics.fading import estimate_fading
from analytics.link_data import FloatArray, LinkData, RefusalError, counted
from analytics.link_estimate import LinkEstimate
from analytics.placebo import combined_p_value, lead_placebo, pre_release_placebo
from analytics.pre_release import course_features
from analytics.profile_interval import critical_value, profile
from analytics.release_permutation import (
    LagFit,
    LagGrid,
    deal,
    effect_series,
    exceedance,
    fit,
    lag_grid,
    permuted_f,
)
from analytics.release_steps import (
    Releases,
    StepDesign,
    find_releases,
    release_table,
    step_series,
)
from analytics.timing import timing_p_value
from analytics.vocabulary import EvidenceGrade, Verdict
from analytics.whitening import WhitenedKpi

MIN_USABLE_RELEASES = 6
MIN_ESTIMABLE_RELEASES = 4
FOUND_BELOW = 0.05
POWER_QUANTILE = 0.8416212335729143
METHOD = (
    "Release-level generalised least squares on the whitened KPI; p-value by permuting the offline "
    "gains over the releases, maximum over lags; profile interval with the lag unknown."
)


def estimate_releases(
    data: LinkData,
    whitened: WhitenedKpi,
    listed: pd.DatetimeIndex | None,
    *,
    max_lag: int,
    rng: np.random.Generator,
) -> LinkEstimate:
    """Estimate the effect of a step metric, or raise `RefusalError` when nothing can be said."""
    releases = find_releases(data, listed, max_lag=max_lag)
    require_gains(releases)
    design = StepDesign(whitened, releases.position)
    lags = tuple(range(max_lag + 1))
    grid = lag_grid(design, whitened, lags)
    found = fit(grid, releases.delta)
    deals = deal(releases.delta, rng)
    p_value = exceedance(float(found.f.max()), permuted_f(grid, deals).max(axis=1))

    unit_effect = effect_series(design, grid, found.best, releases.delta)
    left = whitened.residual - found.slope[found.best] * unit_effect
    critical = _critical(grid.with_score(design.against(lags, left)), deals, found, p_value)
    interval = profile(
        lags,
        found.slope,
        found.information,
        found.explained,
        variance=float(found.se[found.best] ** 2 * found.information[found.best]),
        critical=critical,
    )
    leads = lag_grid(design, whitened, tuple(range(-max_lag, 0)))
    timing_p = float("nan")
    if p_value < FOUND_BELOW:
        timing_p = timing_p_value(design, leads, grid, found, releases.delta, whitened.residual)
    lead_p, pre_release_p, combined_p = _moved_before(
        data, whitened, releases, design, leads, found, deals, unit_effect, p_value=p_value
    )
    return LinkEstimate(
        grade=EvidenceGrade.RELEASES,
        method=METHOD,
        effect=float(found.slope[found.best]),
        low=interval.low,
        high=interval.high,
        se=float(found.se[found.best]),
        p_value=p_value,
        lag=found.best_lag,
        lag_set=interval.lag_set,
        smallest_detectable_effect=float(
            (np.sqrt(critical) + POWER_QUANTILE) * found.se[found.best]
        ),
        lead_p_value=lead_p,
        pre_release_p_value=pre_release_p,
        moved_before_p_value=combined_p,
        timing_p_value=timing_p,
        lag_effects=_lag_effects(fit(leads, releases.delta), found, critical, data.period_days),
        releases=releases,
        release_table=release_table(data, releases, design, whitened, found.best_lag),
        fading=estimate_fading(
            design,
            grid,
            found,
            releases.delta,
            deals,
            permanent_p_value=p_value,
            whitened=whitened,
            period_days=data.period_days,
            rng=rng,
        ),
    )


def _moved_before(
    data: LinkData,
    whitened: WhitenedKpi,
    releases: Releases,
    design: StepDesign,
    leads: LagGrid,
    found: LagFit,
    deals: FloatArray,
    unit_effect: FloatArray,
    *,
    p_value: float,
) -> tuple[float, float, float]:
    """P-values of the lead placebo, the pre-release test and both together.

    Where an effect was found, earlier releases' own effects are part of the KPI's course and
    would make the pre-release test too eager: then the larger p of two looks counts, at the KPI
    as it was and without the effect.
    """
    effect = float(found.slope[found.best])
    lead = lead_placebo(
        leads.with_score(design.against(leads.lags, whitened.residual - effect * unit_effect)),
        design.against(leads.lags, unit_effect),
        float(found.information[found.best]),
        releases.delta,
        deals,
    )
    looks = [whitened.filled]
    if p_value < FOUND_BELOW:
        late = releases.position + found.best_lag
        looks.append(whitened.filled - effect * step_series(late, releases.delta, data.n))
    before = [
        pre_release_placebo(
            course_features(data, whitened, kpi, releases.position), releases.delta, deals
        )
        for kpi in looks
    ]
    pre_release = max(before, key=lambda placebo: placebo.p_value)
    return lead.p_value, pre_release.p_value, combined_p_value(lead, pre_release)


def require_gains(releases: Releases) -> None:
    """Raise `RefusalError` unless four usable releases changed the metric by different sizes."""
    different = len(np.unique(np.round(releases.delta, 12)))
    if releases.n_usable < MIN_ESTIMABLE_RELEASES or different < 2:
        reason = (
            f"Only {counted(releases.n_usable, 'release')} with the whole lag window inside the "
            f"data; at least {MIN_USABLE_RELEASES} are needed."
            if releases.n_usable < MIN_ESTIMABLE_RELEASES
            else "All releases changed the metric by the same amount, so size cannot be compared."
        )
        missing = max(MIN_USABLE_RELEASES - releases.n_usable, 1)
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            reason,
            f"At least {counted(missing, 'more release')} with a gain of its own for a first look.",
            n_releases=releases.n_usable,
        )


def _critical(left: LagGrid, deals: FloatArray, found: LagFit, p_value: float) -> float:
    """Squared critical value of the lag search, from permutations without the effect."""
    quantile = float(np.quantile(permuted_f(left, deals).max(axis=1), 0.95))
    return critical_value(quantile, float(found.f.max()), p_value)


def _lag_effects(before: LagFit, found: LagFit, critical: float, period_days: int) -> pd.DataFrame:
    """Effect with simultaneous 95 % band at every lead and lag, for drawing."""
    slope = np.concatenate([before.slope, found.slope])
    half = np.sqrt(critical) * np.concatenate([before.se, found.se])
    lags = np.array([*before.lags, *found.lags]) * period_days
    return pd.DataFrame(
        {"lag_days": lags, "effect": slope, "low": slope - half, "high": slope + half}
    )
