"""How sure may a forecast be of a target, after how far off earlier forecasts were?

Simulated paths know nothing of what they leave out, so their share that reaches a far target is
often next to 0 or 1. It is held against the past: every earlier forecast was off by so many of its
own half intervals, and the share of them that was off as far as the target lies away, by Laplace's
rule of succession (k + 1) / (n + 2), is as extreme as the past allows. That is the predictive
distribution of the past residuals (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random
World, 2005) with a rule that also holds where nothing was ever as far off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.link_data import FloatArray

EVEN = 0.5


@dataclass(frozen=True)
class TargetChance:
    """The chance that a sum reaches its target.

    Attributes:
        chance: What may be said; NaN where no earlier forecast was tried.
        simulated: The share of simulated paths that reach the target.
        n_past, n_as_far: Earlier forecasts, and those as far off, that way, as the target lies.
        is_bound: No earlier one was as far off, so `chance` is the most (above the expected sum)
            or the least (below it) that the past allows.
    """

    chance: float
    simulated: float
    n_past: int
    n_as_far: int
    is_bound: bool


def tempered_chance(
    simulated: float,
    *,
    target: float,
    expected: float,
    interval: tuple[float, float],
    past: pd.DataFrame,
) -> TargetChance:
    """The simulated chance, or that of past errors where it is nearer to even.

    Args:
        simulated: Share of paths whose sum reaches the target, 0 to 1.
        target, expected, interval: The target, and the forecast with its 95 % interval, in the
            KPI's units.
        past: One row an earlier forecast: actual, expected, low_95 and high_95.

    Raises:
        ValueError: When `simulated` is no share.
    """
    if not 0.0 <= simulated <= 1.0:
        raise ValueError(f"simulated: expected a share from 0 to 1, got {simulated!r}")
    if past.empty:
        return TargetChance(math.nan, simulated, 0, 0, False)
    off = _in_half_intervals(
        *(past[each].to_numpy(np.float64) for each in ("actual", "expected", "low_95", "high_95"))
    )
    here = (np.array([each]) for each in (target, expected, *interval))
    away = float(_in_half_intervals(*here)[0])
    is_above = away > 0.0
    as_far = int((off >= away).sum() if is_above else (off < away).sum())
    tail = min((as_far + 1) / (len(off) + 2), EVEN)
    by_past = tail if is_above else 1.0 - tail
    chance = max(simulated, by_past) if is_above else min(simulated, by_past)
    is_bound = as_far == 0 and chance == by_past and chance != simulated
    return TargetChance(chance, simulated, len(off), as_far, is_bound)


def _in_half_intervals(
    value: FloatArray, middle: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """How many half intervals, of the side it lies on, each value is from its middle."""
    gap = value - middle
    half = np.where(gap > 0.0, high - middle, middle - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap == 0.0, 0.0, gap / half)
