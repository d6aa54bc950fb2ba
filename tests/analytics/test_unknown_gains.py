"""Releases without a known gain are neither zero gains nor bridged to the next one."""

import numpy as np
import pandas as pd
import pytest

from analytics.link import link
from analytics.unknown_gains import keep_known_gains

DAYS = pd.date_range("2026-01-01", periods=10, freq="D")


def series(*values: float) -> pd.Series:
    return pd.Series(values, index=DAYS[: len(values)], dtype=float)


def test_a_metric_without_gaps_is_left_alone() -> None:
    metric = series(1, 1, 2, 2)
    kept = keep_known_gains(metric, DAYS[2:3], max_lag_days=2)
    assert kept.metric is metric
    assert kept.controls is None
    assert kept.unknown.empty


def test_the_jump_across_a_gap_is_no_gain() -> None:
    """2 is followed by an unknown version, then 5 and 10: only the doubling is a known gain."""
    nan = float("nan")
    metric = series(1, 2, nan, nan, 5, 5, 10)
    releases = DAYS[[1, 2, 4, 6]]
    kept = keep_known_gains(metric, releases, max_lag_days=4)
    assert kept.metric.tolist() == pytest.approx([1, 2, 2, 2, 2, 2, 4])
    assert list(kept.unknown) == [DAYS[2], DAYS[4]]
    assert list(kept.releases) == [DAYS[1], DAYS[6]]
    assert kept.controls is not None
    assert kept.controls.shape == (7, 6)
    assert kept.controls.iloc[:, 0].tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert kept.controls.iloc[:, 1].tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_every_release_inside_a_gap_is_unknown() -> None:
    nan = float("nan")
    kept = keep_known_gains(series(1, nan, nan, nan), DAYS[[1, 3]], max_lag_days=2)
    assert list(kept.unknown) == [DAYS[1], DAYS[3]]
    assert kept.metric.tolist() == [1, 1, 1, 1]


def test_values_at_zero_are_joined_by_difference() -> None:
    nan = float("nan")
    kept = keep_known_gains(series(-1, 0, nan, 5, 6), DAYS[[1, 2, 3, 4]], max_lag_days=2)
    assert kept.metric.tolist() == pytest.approx([-1, 0, 0, 0, 1])


def test_the_effect_is_not_bent_by_versions_that_nobody_measured() -> None:
    """Four releases in a row lost their runs; their true gains are large and the KPI followed."""
    rng = np.random.default_rng(7)
    index = pd.date_range("2024-01-01", periods=700, freq="D")
    releases = index[20:680:24]
    gains = rng.normal(0.0, 0.03, len(releases))
    gains[10:14] = 0.08
    log_metric = sum(g * (index >= day) for day, g in zip(releases, gains, strict=True))
    kpi = pd.Series(np.exp(1.0 * log_metric + rng.normal(0.0, 0.02, 700)), index)
    seen = pd.Series(np.exp(log_metric), index)
    seen[(index >= releases[10]) & (index < releases[14])] = np.nan
    kept = keep_known_gains(seen, releases, max_lag_days=14)
    result = link(
        kept.metric, kpi, rng=rng, releases=kept.releases, calendar=kept.controls, max_lag_days=14
    )
    assert result.interval[0] <= 1.0 <= result.interval[1]
    assert result.n_releases == len(kept.releases)
    bridged = link(seen, kpi, rng=rng, releases=releases, max_lag_days=14)
    assert abs(result.effect - 1.0) < abs(bridged.effect - 1.0)
