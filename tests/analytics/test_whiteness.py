"""Does it see what whitening left, and pass what is noise?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analytics.whiteness import whiteness

DAYS = pd.date_range("2025-01-01", periods=400, freq="D")


def _noise(seed: int) -> pd.Series:
    return pd.Series(np.random.default_rng(seed).normal(size=400), DAYS)


def test_noise_passes_and_a_leftover_week_does_not() -> None:
    week = pd.Series(np.sin(2 * np.pi * np.arange(400) / 7), DAYS)
    assert whiteness(week, _noise(3)).p_value > 0.05
    left = whiteness(week, _noise(3) + week)
    assert left.p_value < 0.001
    assert left.after[7] > 0.2


def test_before_and_after_are_told_apart() -> None:
    level = _noise(4).cumsum()
    found = whiteness(level, level.diff())
    assert found.before[1] > 0.9
    assert abs(found.after[1]) < 0.15


def test_p_values_of_noise_are_even() -> None:
    found = [whiteness(_noise(seed), _noise(seed)).p_value for seed in range(200)]
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.045)


def test_too_few_days_have_no_answer() -> None:
    short = _noise(5).iloc[:20]
    assert math.isnan(whiteness(short, short).p_value)
