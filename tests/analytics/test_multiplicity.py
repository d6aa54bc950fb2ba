"""Benjamini–Hochberg by hand, against statsmodels, and what it does to a verdict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analytics.multiplicity import benjamini_hochberg


def test_the_worked_example() -> None:
    """p = .01 .04 .03: sorted .01 .03 .04, times 3/1 3/2 3/3 = .03 .045 .04, from behind .04."""
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])


def test_what_was_not_tested_counts_for_nothing() -> None:
    q = benjamini_hochberg([0.01, float("nan"), 0.04])
    assert q[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(q[1])


def test_a_value_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="p_values"):
        benjamini_hochberg([0.2, 1.2])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_it_agrees_with_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert benjamini_hochberg(p_values) == pytest.approx(expected)
