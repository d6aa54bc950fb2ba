"""Between which bounds does the ratio of two uncertain numbers lie?"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class UncertainPair:
    """Estimates of a numerator and a denominator with their (co)variances.

    Units: the variances are in the squared units of the estimates, the covariance in the
    product of both units.
    """

    numerator: float
    denominator: float
    numerator_variance: float
    denominator_variance: float
    covariance: float = 0.0


def ratio_interval(pair: UncertainPair, *, quantile: float) -> tuple[float, float] | None:
    """Fieller's interval of numerator / denominator, or None when it has no finite bounds.

    It holds every ratio r for which numerator - r * denominator is within `quantile` standard
    errors of zero, so a value is left out exactly when the matching t test rejects it. There
    are no finite bounds when the denominator itself cannot be told from zero.

    Args:
        pair: the two estimates and their covariance matrix.
        quantile: how many standard errors count as compatible, e.g. 1.96.

    Source: E. C. Fieller, "Some problems in interval estimation", Journal of the Royal
    Statistical Society B 16 (1954), 175-185.
    """
    square = quantile**2
    leading = pair.denominator**2 - square * pair.denominator_variance
    if not leading > 0:
        return None
    middle = pair.numerator * pair.denominator - square * pair.covariance
    constant = pair.numerator**2 - square * pair.numerator_variance
    root = math.sqrt(max(middle**2 - leading * constant, 0.0))
    return (middle - root) / leading, (middle + root) / leading


def ratio_standard_error(pair: UncertainPair) -> float:
    """Standard error of numerator / denominator by the delta method."""
    ratio = pair.numerator / pair.denominator
    variance = (
        pair.numerator_variance - 2 * ratio * pair.covariance + ratio**2 * pair.denominator_variance
    )
    return math.sqrt(max(variance, 0.0)) / abs(pair.denominator)
