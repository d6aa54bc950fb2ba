"""How much, and how late, does the KPI move when releases change a step metric?"""

import numpy as np
import pandas as pd

from analytics.link_data import FloatArray, LinkData, RefusalError
from analytics.link_estimate import LinkEstimate
from analytics.placebo import lead_p_value, pre_release_p_value
from analytics.profile_interval import profile
from analytics.release_permutation import (
    LagFit,
    LagGrid,
    deal,
    exceedance,
    fit,
    lag_grid,
    permuted_f,
)
from analytics.release_steps import Releases, StepDesign, find_releases, release_table
from analytics.vocabulary import EvidenceGrade, Verdict
from analytics.whitening import WhitenedKpi

MIN_USABLE_RELEASES = 6
MIN_ESTIMABLE_RELEASES = 4
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
    _require_gains(releases)
    design = StepDesign(whitened, releases.position)
    lags = tuple(range(max_lag + 1))
    leads = tuple(range(-max_lag, 0))
    grid = lag_grid(design, whitened, lags)
    found = fit(grid, releases.delta)
    deals = deal(releases.delta, rng)
    f_max = permuted_f(grid, deals).max(axis=1)
    p_value = exceedance(float(found.f.max()), f_max)

    effect_series = _effect_series(design, grid, found, releases.delta)
    left = whitened.residual - found.slope[found.best] * effect_series
    critical = _critical(grid.with_score(design.against(lags, left)), deals, found, p_value)
    variance = float(found.se[found.best] ** 2 * found.information[found.best])
    interval = profile(
        lags, found.slope, found.information, found.explained, variance=variance, critical=critical
    )
    lead_grid = lag_grid(design, whitened, leads)
    p_lead = lead_p_value(
        lead_grid.with_score(design.against(leads, left)),
        design.against(leads, effect_series),
        float(found.information[found.best]),
        releases.delta,
        deals,
    )
    lag = lags[found.best]
    p_before = pre_release_p_value(
        data,
        whitened,
        releases.position,
        releases.delta,
        deals,
        effect=float(found.slope[found.best]),
        lag=lag,
    )
    before = fit(lead_grid, releases.delta)
    return LinkEstimate(
        grade=EvidenceGrade.RELEASES,
        method=METHOD,
        effect=float(found.slope[found.best]),
        low=interval.low,
        high=interval.high,
        se=float(found.se[found.best]),
        p_value=p_value,
        lag=lag,
        lag_set=interval.lag_set,
        smallest_detectable_effect=float(
            (np.sqrt(critical) + POWER_QUANTILE) * found.se[found.best]
        ),
        lead_p_value=p_lead,
        pre_release_p_value=p_before,
        lag_effects=_lag_effects(before, found, critical, data.period_days),
        releases=releases,
        release_table=release_table(data, releases, design, whitened, lag),
    )


def _require_gains(releases: Releases) -> None:
    different = len(np.unique(np.round(releases.delta, 12)))
    if releases.n_usable < MIN_ESTIMABLE_RELEASES or different < 2:
        reason = (
            f"Only {releases.n_usable} releases have their whole lag window inside the data; "
            f"at least {MIN_USABLE_RELEASES} are needed."
            if releases.n_usable < MIN_ESTIMABLE_RELEASES
            else "All releases changed the metric by the same amount, so size cannot be compared."
        )
        missing = max(MIN_USABLE_RELEASES - releases.n_usable, 1)
        raise RefusalError(
            Verdict.NOT_ENOUGH_DATA,
            reason,
            f"At least {missing} more releases with different gains are needed for a first look.",
            n_releases=releases.n_usable,
        )


def _effect_series(
    design: StepDesign, grid: LagGrid, found: LagFit, delta: FloatArray
) -> FloatArray:
    """(n,) what one unit of effect at the best lag adds to the whitened KPI, intercept apart."""
    raw = grid.raw_information[found.best]
    mean = float(raw.sum(axis=0) @ delta / max(raw.sum(), 1e-12))
    return design.combined(grid.lags[found.best], delta - mean)


def _critical(left: LagGrid, deals: FloatArray, found: LagFit, p_value: float) -> float:
    """Squared critical value of the lag search, from permutations without the effect.

    An interval may not exclude zero when the test does not reject it.
    """
    critical = float(np.quantile(permuted_f(left, deals).max(axis=1), 0.95))
    if p_value >= 0.05:
        return max(critical, float(found.f.max()) * 1.0001)
    return critical


def _lag_effects(before: LagFit, found: LagFit, critical: float, period_days: int) -> pd.DataFrame:
    """Effect with simultaneous 95 % band at every lead and lag, for drawing."""
    slope = np.concatenate([before.slope, found.slope])
    half = np.sqrt(critical) * np.concatenate([before.se, found.se])
    lags = np.array([*before.lags, *found.lags]) * period_days
    return pd.DataFrame(
        {"lag_days": lags, "effect": slope, "low": slope - half, "high": slope + half}
    )
