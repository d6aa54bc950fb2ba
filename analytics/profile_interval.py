"""Which effects, and which lags, does the data not rule out when the lag itself is unknown?

For every lag the fit of an effect falls off quadratically around that lag's own estimate. An
effect belongs to the interval when some lag fits it nearly as well as the best lag fits the best
effect; a lag belongs to the lag set when its best effect does.
"""

from dataclasses import dataclass

import numpy as np

from analytics.link_data import FloatArray, unworkable


@dataclass(frozen=True)
class Profile:
    """95 % interval of the effect and the first and last lag that fit about as well."""

    low: float
    high: float
    lag_set: tuple[int, ...]


def critical_value(quantile: float, observed: float, p_value: float) -> float:
    """Squared critical value from the simulated one of the search, `quantile`.

    An interval may not exclude zero when the test does not reject it.
    """
    return max(quantile, observed * 1.0001) if p_value >= 0.05 else quantile


def profile(
    lags: tuple[int, ...],
    slope: FloatArray,
    information: FloatArray,
    explained: FloatArray,
    *,
    variance: float,
    critical: float,
) -> Profile:
    """Interval and lag set from the fits at m lags.

    `information` (m,) and `explained` (m,) are in the units of `variance` (the noise variance at
    the best lag); `critical` is the squared critical value of the search over the lags. Raises
    `RefusalError` when the fits are not numbers.
    """
    slack = critical - (explained.max() - explained) / variance
    inside = slack >= 0.0
    if not inside.any():
        raise unworkable()
    half = np.sqrt(np.maximum(slack, 0.0) * variance / information)
    return Profile(
        low=float((slope - half)[inside].min()),
        high=float((slope + half)[inside].max()),
        lag_set=tuple(lag for lag, kept in zip(lags, inside, strict=True) if kept),
    )
