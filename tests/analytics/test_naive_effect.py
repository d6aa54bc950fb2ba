"""Does the plain regression give the textbook slope, and mistake a shared trend for an effect?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analytics.naive_effect import naive_effect

DAYS = pd.date_range("2025-01-01", periods=300, freq="D")


def test_the_slope_is_the_textbook_one_by_hand() -> None:
    days = DAYS[:4]
    found = naive_effect(pd.Series([-1.0, 0, 1, 2], days), pd.Series([1.0, 2, 2, 4], days))
    # sums of squares: x 5, xy 4.5; residuals 0.2, -0.3, ... leave 0.7 over 2 degrees of freedom
    assert found.effect == pytest.approx(0.9)
    assert found.high - found.effect == pytest.approx(4.302653 * math.sqrt(0.35 / 5), rel=1e-5)


def test_positive_values_give_an_elasticity() -> None:
    metric = pd.Series(np.linspace(1, 3, 300), DAYS)
    assert naive_effect(metric, 7 * metric**1.5).effect == pytest.approx(1.5)


def test_two_series_that_only_share_a_trend_look_certain() -> None:
    rng = np.random.default_rng(1)
    metric = pd.Series(np.linspace(1, 1.2, 300), DAYS)
    kpi = pd.Series(np.linspace(100, 150, 300) + rng.normal(0, 5, 300), DAYS)
    found = naive_effect(metric, kpi)
    assert found.low > 0
    assert found.n_days == 300


@pytest.mark.parametrize("metric", [[1.0] * 300, [math.nan] * 298 + [1.0, 2.0]])
def test_a_metric_that_never_changes_or_is_hardly_known_has_none(metric: list[float]) -> None:
    found = naive_effect(pd.Series(metric, DAYS), pd.Series(np.arange(300.0), DAYS))
    assert math.isnan(found.effect)
