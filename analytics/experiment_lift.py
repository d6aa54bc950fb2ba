"""By how much did the mean per user differ between two variants, and can it be said at all?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy import stats

from analytics.experiment_ratio import UncertainPair, ratio_interval, ratio_standard_error

LIFT_UNIT = "share of the control's mean (0.02 = +2 %)"
MIN_USERS = 100
# Below ten events a side the normal approximation of a rate is not safe, the textbook rule
# n * p >= 10 and n * (1 - p) >= 10.
MIN_EVENTS = 10

# Sums beyond this are no business figures, and their squares would overflow.
_LARGEST_SUM = 1e60
_SMALLEST_SQUARE = 1e-200


class Refusal(StrEnum):
    """Why an experiment is not read out."""

    SAMPLE_RATIO = "sample_ratio"
    NO_CONTROL = "no_control"
    SEVERAL_CONTROLS = "several_controls"
    NO_TREATMENT = "no_treatment"
    REPEATED_VARIANT = "repeated_variant"
    BAD_SHARES = "bad_shares"
    MISSING_USERS = "missing_users"
    MISSING_TOTALS = "missing_totals"
    MISSING_VARIANCE = "missing_variance"
    NEGATIVE_VARIANCE = "negative_variance"
    ZERO_VARIANCE = "zero_variance"
    IMPOSSIBLE_CONVERSIONS = "impossible_conversions"
    TOO_FEW_USERS = "too_few_users"
    TOO_FEW_CONVERSIONS = "too_few_conversions"
    NO_RELATIVE_LIFT = "no_relative_lift"
    REPEATED_USER = "repeated_user"
    CROSSED_USERS = "crossed_users"
    MISSING_VALUES = "missing_values"
    UNEVEN_BEFORE = "uneven_before"


class Measure(StrEnum):
    """What the mean per user is the mean of."""

    CONVERSION = "conversion"
    VALUE = "value"
    RATIO = "ratio"


class CannotReadOutError(Exception):
    """Data from which no lift may be shown; `refusal` names the rule, the text says it."""

    def __init__(self, refusal: Refusal, reason: str) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.reason = reason


@dataclass(frozen=True)
class VariantTotals:
    """Sums over the users of one variant for one metric; NaN where a source gave none.

    Attributes:
        users: all users of the variant, converted or not.
        conversions: users who converted.
        value_sum, value_sum_squares: sum over the users of the value and of its square.
    """

    variant: str
    users: float
    conversions: float = math.nan
    value_sum: float = math.nan
    value_sum_squares: float = math.nan


@dataclass(frozen=True)
class Lift:
    """Relative difference of two means, in shares of the control's mean (0.02 = +2 %).

    Attributes:
        mean_control, mean_treatment: per user, in the metric's own unit.
        lift, low, high: with its 95 % Fieller interval.
        se: delta-method standard error of the lift.
        p_value: two-sided Welch test of equal means; below .05 exactly when the interval
            leaves out zero.
    """

    mean_control: float
    mean_treatment: float
    lift: float
    low: float
    high: float
    se: float
    p_value: float


def which_measure(control: VariantTotals, treatment: VariantTotals) -> Measure:
    """The value per user where values were summed, else the rate of conversion.

    A metric of conversions whose value columns are all zero is a rate, not a value of zero.
    """
    pair = (control, treatment)
    if all(math.isnan(side.value_sum) for side in pair):
        return Measure.CONVERSION
    is_empty = all(not side.value_sum and not side.value_sum_squares for side in pair)
    if is_empty and all(side.conversions > 0 for side in pair):
        return Measure.CONVERSION
    return Measure.VALUE


def relative_lift(
    control: VariantTotals,
    treatment: VariantTotals,
    *,
    measure: Measure | None = None,
    min_users: int = MIN_USERS,
) -> Lift:
    """Lift of the treatment's mean over the control's.

    Args:
        control, treatment: their totals.
        measure: which mean; None chooses by `which_measure`.
        min_users: fewest users of a variant for which the mean counts as normal.

    Raises:
        CannotReadOutError: the totals allow no honest answer; it names the rule.

    Source: B. L. Welch (1947) for the test; Fieller's theorem with the same variances and
    degrees of freedom for the interval, so that the two never disagree. (`tea_tasting.Mean`
    gives the same test, but takes the interval on the log scale: that disagrees at the margin
    and overflows where a treatment's mean is close to zero.)
    """
    chosen = which_measure(control, treatment) if measure is None else measure
    return lift_of_means(
        _mean_with_error(control, chosen, min_users),
        _mean_with_error(treatment, chosen, min_users),
    )


@dataclass(frozen=True)
class MeanEstimate:
    """Mean per user of one variant, `squared_error` its variance, from `users` users."""

    variant: str
    mean: float
    squared_error: float
    users: float


def lift_of_means(base: MeanEstimate, other: MeanEstimate, *, shared: float = 0.0) -> Lift:
    """Lift of one estimated mean over another, by the test and interval of `relative_lift`.

    Args:
        base, other: the control's mean and the treatment's.
        shared: variance of an error that both means have in common, beyond their own.

    Raises:
        CannotReadOutError: the control's mean is not positive or cannot be told from zero.
    """
    if not base.mean > 0:
        raise CannotReadOutError(
            Refusal.NO_RELATIVE_LIFT,
            f"The mean of the control {base.variant!r} is {base.mean:.4g}; a relative lift "
            "needs a positive one.",
        )
    pair = UncertainPair(
        numerator=other.mean,
        denominator=base.mean,
        numerator_variance=other.squared_error + shared,
        denominator_variance=base.squared_error + shared,
        covariance=shared,
    )
    dof = _welch_dof(base, other)
    bounds = ratio_interval(pair, quantile=float(stats.t.ppf(0.975, dof)))
    if bounds is None:
        raise CannotReadOutError(
            Refusal.TOO_FEW_USERS,
            f"The mean of the control {base.variant!r} cannot be told from zero, so a "
            "relative lift has no bounds; more users are needed.",
        )
    statistic = (other.mean - base.mean) / math.sqrt(other.squared_error + base.squared_error)
    return Lift(
        mean_control=base.mean,
        mean_treatment=other.mean,
        lift=other.mean / base.mean - 1,
        low=bounds[0] - 1,
        high=bounds[1] - 1,
        se=ratio_standard_error(pair),
        p_value=float(2 * stats.t.sf(abs(statistic), dof)),
    )


def _welch_dof(first: MeanEstimate, second: MeanEstimate) -> float:
    total = first.squared_error + second.squared_error
    return 1 / sum((one.squared_error / total) ** 2 / (one.users - 1) for one in (first, second))


def _mean_with_error(side: VariantTotals, measure: Measure, min_users: int) -> MeanEstimate:
    require_users(side.variant, side.users, min_users)
    is_rate = measure is Measure.CONVERSION
    mean, variance = _conversion_moments(side) if is_rate else _value_moments(side)
    return MeanEstimate(side.variant, mean, variance / side.users, side.users)


def require_users(variant: str, users: float, min_users: int) -> None:
    """Raise CannotReadOutError when a variant has no count of users, or too few."""
    if not (_is_a_number(users) and users > 0):
        raise CannotReadOutError(
            Refusal.MISSING_USERS, f"Variant {variant!r} has no count of users."
        )
    if users < max(min_users, 2):
        raise CannotReadOutError(
            Refusal.TOO_FEW_USERS,
            f"Variant {variant!r} has {users:,.0f} users; at least {max(min_users, 2):,} "
            "are needed.",
        )


def _is_a_number(value: float) -> bool:
    return math.isfinite(value) and abs(value) < _LARGEST_SUM


def _conversion_moments(side: VariantTotals) -> tuple[float, float]:
    if not _is_a_number(side.conversions):
        raise CannotReadOutError(
            Refusal.MISSING_TOTALS,
            f"Variant {side.variant!r} has neither conversions nor a sum of values.",
        )
    if not 0 <= side.conversions <= side.users:
        raise CannotReadOutError(
            Refusal.IMPOSSIBLE_CONVERSIONS,
            f"Variant {side.variant!r} reports {side.conversions:,.0f} conversions of "
            f"{side.users:,.0f} users.",
        )
    require_events(side.variant, side.conversions, side.users)
    rate = side.conversions / side.users
    return rate, rate * (1 - rate) * side.users / (side.users - 1)


def require_events(variant: str, conversions: float, users: float) -> None:
    """Raise CannotReadOutError when too few users converted, or did not, for a rate."""
    if min(conversions, users - conversions) < MIN_EVENTS:
        raise CannotReadOutError(
            Refusal.TOO_FEW_CONVERSIONS,
            f"Variant {variant!r} has {conversions:,.0f} conversions of {users:,.0f} users; "
            f"at least {MIN_EVENTS} users must convert and as many must not.",
        )


def _value_moments(side: VariantTotals) -> tuple[float, float]:
    if not _is_a_number(side.value_sum):
        raise CannotReadOutError(
            Refusal.MISSING_TOTALS, f"Variant {side.variant!r} has no sum of values."
        )
    if not _is_a_number(side.value_sum_squares):
        raise CannotReadOutError(
            Refusal.MISSING_VARIANCE,
            f"Variant {side.variant!r} has no sum of squared values, so its variance is unknown.",
        )
    mean = side.value_sum / side.users
    about_mean = side.value_sum_squares - side.value_sum * mean
    # Sums are stored as doubles: what is left after a difference this small is rounding.
    rounding = 1e-12 * max(side.value_sum_squares, 0.0)
    if about_mean < -rounding:
        raise CannotReadOutError(
            Refusal.NEGATIVE_VARIANCE,
            f"Variant {side.variant!r}: the sum of squares is smaller than its sum of values "
            "allows, so the variance would be negative.",
        )
    if about_mean <= max(rounding, _SMALLEST_SQUARE):
        raise CannotReadOutError(
            Refusal.ZERO_VARIANCE,
            f"Variant {side.variant!r}: all users have the same value, so nothing can be tested.",
        )
    return mean, about_mean / (side.users - 1)
