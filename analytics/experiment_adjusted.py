"""What are two variants' means once what users already did before is taken out?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from tea_tasting.aggr import Aggregates

from analytics.experiment_lift import CannotReadOutError, MeanEstimate, Refusal
from analytics.experiment_unit_rows import VARIANT
from analytics.vocabulary import percent

VALUE, PER, VALUE_BEFORE, PER_BEFORE = "value", "per", "value_before", "per_before"
# The delta method takes a ratio as linear, which it is while its denominator is well known.
_LARGEST_DENOMINATOR_ERROR = 0.1
_ROUNDING = 1e-12


@dataclass(frozen=True)
class AdjustedMeans:
    """Means of the control and of a treatment, per user or per denominator.

    Attributes:
        shared: variance of the pooled pre-period term, which both means contain.
        variance_reduction: share of the variance of the difference that the pre-period figure
            took away; None without one.
        before_p_value: of equal pre-period figures; None without one.
    """

    control: MeanEstimate
    treatment: MeanEstimate
    shared: float
    variance_reduction: float | None
    before_p_value: float | None


def adjusted_means(frame: pd.DataFrame, *, control: str, treatment: str) -> AdjustedMeans:
    """Means of two variants by the delta method, adjusted by the pre-period where there is one.

    Args:
        frame: one row per user with `VARIANT`, `value` and, as they exist, `per` (denominator),
            `value_before` and `per_before`; no missing numbers.

    Raises:
        CannotReadOutError: a ratio has no safe denominator, or nothing varies.

    Source: A. Deng et al., "Improving the sensitivity of online controlled experiments by
    utilizing pre-experiment data" (WSDM 2013), and "Applying the delta method in metric
    analytics" (KDD 2018), from the aggregates of tea-tasting: means and p-values are those of
    `tea_tasting.Mean` and `tea_tasting.RatioOfMeans`.
    """
    names = [n for n in (VALUE, PER, VALUE_BEFORE, PER_BEFORE) if n in frame.columns]
    value, per = VALUE, PER if PER in names else None
    before = VALUE_BEFORE if VALUE_BEFORE in names else None
    per_before = PER_BEFORE if PER_BEFORE in names else None
    first = _aggregates(frame[frame[VARIANT] == control], names)
    second = _aggregates(frame[frame[VARIANT] == treatment], names)
    pair = (first, second)
    for variant, side in zip((control, treatment), pair, strict=True):
        _require_denominator(variant, side, per)
        _require_variance(variant, side, per)
    total = first + second
    slope = 0.0 if before is None else _slope(total, (value, per), (before, per_before))
    centre = _ratio(total, before, per_before)
    means = [
        MeanEstimate(
            variant=variant,
            mean=_ratio(side, value, per) - slope * (_ratio(side, before, per_before) - centre),
            squared_error=_variance(side, (value, per), (before, per_before), slope) / side.count(),
            users=float(side.count()),
        )
        for variant, side in zip((control, treatment), pair, strict=True)
    ]
    return AdjustedMeans(
        control=means[0],
        treatment=means[1],
        shared=slope**2 * total.ratio_var(before, per_before) / total.count(),
        variance_reduction=None if before is None else _reduction(pair, per, means),
        before_p_value=None if before is None else _before_p_value(pair, before, per_before),
    )


def _aggregates(side: pd.DataFrame, names: list[str]) -> Aggregates:
    numbers = side[names].to_numpy(np.float64)
    means, spread = numbers.mean(axis=0), np.atleast_2d(np.cov(numbers, rowvar=False))
    return Aggregates(
        count_=len(numbers),
        mean_={name: float(mean) for name, mean in zip(names, means, strict=True)},
        var_={name: float(spread[i, i]) for i, name in enumerate(names)},
        cov_={
            (one, other): float(spread[i, j])
            for i, one in enumerate(names)
            for j, other in enumerate(names)
            if i < j
        },
    )


def _ratio(side: Aggregates, value: str | None, per: str | None) -> float:
    return float(side.mean(value) / side.mean(per))


def _slope(
    total: Aggregates, after: tuple[str, str | None], before: tuple[str, str | None]
) -> float:
    """How much of a user's value the pre-period figure foretells, per unit of that figure."""
    spread = float(total.ratio_var(*before))
    if not spread > _ROUNDING * np.square(_ratio(total, *before)):
        return 0.0
    return float(total.ratio_cov(*after, *before)) / spread


def _variance(
    side: Aggregates,
    after: tuple[str | None, str | None],
    before: tuple[str | None, str | None],
    slope: float,
) -> float:
    """Variance of one user's value less slope times the user's pre-period value."""
    plain = float(side.ratio_var(*after))
    if not slope:
        return plain
    taken = slope**2 * side.ratio_var(*before) - 2 * slope * side.ratio_cov(*after, *before)
    left = plain + float(taken)
    if left <= 1e-9 * plain:
        raise CannotReadOutError(
            Refusal.ZERO_VARIANCE,
            "The pre-period figure foretells every user's value without error, so it cannot be "
            "from before the start.",
        )
    return left


def _reduction(
    pair: tuple[Aggregates, Aggregates], per: str | None, means: list[MeanEstimate]
) -> float:
    plain = sum(float(side.ratio_var(VALUE, per)) / side.count() for side in pair)
    return 1 - sum(mean.squared_error for mean in means) / plain


def _before_p_value(
    pair: tuple[Aggregates, Aggregates], before: str, per_before: str | None
) -> float:
    first, second = pair
    error = math.sqrt(
        sum(float(side.ratio_var(before, per_before)) / side.count() for side in pair)
    )
    difference = _ratio(second, before, per_before) - _ratio(first, before, per_before)
    return float(2 * stats.norm.sf(abs(difference) / error)) if error > 0 else 1.0


def _require_denominator(variant: str, side: Aggregates, per: str | None) -> None:
    if per is None:
        return
    mean, error = float(side.mean(per)), math.sqrt(float(side.var(per)) / side.count())
    if not mean > 0:
        raise CannotReadOutError(
            Refusal.NO_RELATIVE_LIFT,
            f"Variant {variant!r}: the denominator's mean is {mean:.4g}; a ratio needs a "
            "positive one.",
        )
    if error > _LARGEST_DENOMINATOR_ERROR * mean:
        raise CannotReadOutError(
            Refusal.TOO_FEW_USERS,
            f"Variant {variant!r}: the denominator of the ratio is known only to within "
            f"{percent(error / mean)}; more users are needed.",
        )


def _require_variance(variant: str, side: Aggregates, per: str | None) -> None:
    size = np.square(_ratio(side, VALUE, per))
    if not float(side.ratio_var(VALUE, per)) > max(_ROUNDING * size, 1e-200):
        raise CannotReadOutError(
            Refusal.ZERO_VARIANCE,
            f"Variant {variant!r}: all users have the same value, so nothing can be tested.",
        )
