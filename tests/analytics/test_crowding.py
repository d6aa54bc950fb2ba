"""Releases of other models in the lag window, and the estimate without them."""

import numpy as np
import pandas as pd
import pytest

from analytics.crowding import crowded_releases, effect_without
from analytics.link import link


def days(*texts: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(texts)


def test_only_what_follows_within_the_window_crowds() -> None:
    mine = days("2026-01-10", "2026-02-10", "2026-03-10")
    others = days("2026-01-09", "2026-02-10", "2026-03-24", "2026-03-25")
    assert list(crowded_releases(mine, others, max_lag_days=14)) == list(
        days("2026-02-10", "2026-03-10")
    )


def test_no_other_release_crowds_nothing() -> None:
    assert crowded_releases(days("2026-01-10"), days(), max_lag_days=14).empty


def test_the_effect_of_crowded_releases_is_left_out() -> None:
    """Every third release has an extra jump that is not the metric's: without them it is gone."""
    rng = np.random.default_rng(3)
    index = pd.date_range("2024-01-01", periods=700, freq="D")
    releases = index[20:680:22]
    gains = rng.normal(0.0, 0.03, len(releases))
    crowded = releases[::3]
    log_metric = np.zeros(len(index))
    log_kpi = rng.normal(0.0, 0.02, len(index))
    for day, gain in zip(releases, gains, strict=True):
        log_metric += gain * (index >= day)
        log_kpi += gain * (index >= day)
        if day in crowded:
            log_kpi += 2.0 * gain * (index >= day)
    metric, kpi = pd.Series(np.exp(log_metric), index), pd.Series(np.exp(log_kpi), index)
    result = link(metric, kpi, rng=rng, releases=releases)
    without = effect_without(
        crowded,
        metric=metric,
        kpi=kpi,
        result=result,
        releases=releases,
        calendar=None,
        max_lag_days=14,
        rng=rng,
    )
    assert without is not None
    assert result.effect > 1.4
    assert without.effect == pytest.approx(1.0, abs=0.3)
    assert without.n_releases == len(releases) - len(crowded)


def test_too_few_releases_that_stand_alone_give_no_estimate() -> None:
    rng = np.random.default_rng(4)
    index = pd.date_range("2025-01-01", periods=300, freq="D")
    releases = index[20:280:30]
    metric = pd.Series(np.exp(np.cumsum(np.isin(index, releases) * 0.02)), index)
    kpi = pd.Series(np.exp(rng.normal(0, 0.03, 300)), index)
    result = link(metric, kpi, rng=rng, releases=releases)
    assert (
        effect_without(
            releases[:5],
            metric=metric,
            kpi=kpi,
            result=result,
            releases=releases,
            calendar=None,
            max_lag_days=14,
            rng=rng,
        )
        is None
    )
