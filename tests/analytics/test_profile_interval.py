"""Does the interval hold what some lag still allows, and the lag set what fits as well?"""

import numpy as np
import pytest

from analytics.profile_interval import profile


def test_one_lag_gives_the_ordinary_interval() -> None:
    found = profile(
        (3,), np.array([1.0]), np.array([25.0]), np.array([25.0]), variance=1.0, critical=4.0
    )
    assert (found.low, found.high) == pytest.approx((0.6, 1.4))
    assert found.lag_set == (3,)


def test_a_lag_that_fits_nearly_as_well_widens_the_interval() -> None:
    slope, information = np.array([1.0, 0.9]), np.array([25.0, 25.0])
    found = profile((0, 1), slope, information, slope**2 * information, variance=1.0, critical=6.0)
    slack = 6.0 - (25.0 - 20.25)
    assert found.high == pytest.approx(1.0 + np.sqrt(6.0) / 5.0)
    assert found.low == pytest.approx(min(1.0 - np.sqrt(6.0) / 5.0, 0.9 - np.sqrt(slack) / 5.0))
    assert found.lag_set == (0, 1)


def test_a_lag_that_fits_much_worse_is_left_out() -> None:
    slope, information = np.array([1.0, 0.1]), np.array([25.0, 25.0])
    found = profile((0, 1), slope, information, slope**2 * information, variance=1.0, critical=4.0)
    assert found.lag_set == (0,)


@pytest.mark.parametrize("critical", [3.0, 6.0, 9.0, 12.0])
def test_zero_is_outside_exactly_when_the_largest_statistic_passes(critical: float) -> None:
    slope, information = np.array([0.5, 0.55]), np.array([30.0, 28.0])
    explained = slope**2 * information
    found = profile((0, 1), slope, information, explained, variance=1.0, critical=critical)
    assert (found.low > 0) == (explained.max() > critical)
