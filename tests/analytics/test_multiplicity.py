"""Benjamini–Hochberg by hand, against statsmodels, and what it does to a verdict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analytics.link_verdict import Judgement
from analytics.multiplicity import benjamini_hochberg, judged_among, pooled_q_values
from analytics.vocabulary import Verdict


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


def test_declared_pairs_pay_for_one_another_alone() -> None:
    """Declared .01 .04: times 2 and 1. Others .01 .02 and one untested: times 2 and 1."""
    nan = float("nan")
    q = pooled_q_values([0.01, 0.01, 0.04, nan, 0.02], [True, False, True, False, False])
    assert q == pytest.approx([0.02, 0.02, 0.04, nan, 0.02], nan_ok=True)


MOVES = Judgement(Verdict.MOVES, "It moved.", "Nothing.")


def test_a_link_that_only_p_would_show_is_taken_back() -> None:
    found = judged_among(MOVES, p_value=0.03, q_value=0.04, pool=40, could_show=True)
    assert found is MOVES
    sharp = judged_among(MOVES, p_value=0.03, q_value=0.2, pool=40, could_show=True)
    assert sharp.verdict is Verdict.NO_EVIDENCE
    blunt = judged_among(MOVES, p_value=0.03, q_value=0.2, pool=40, could_show=False)
    assert blunt.verdict is Verdict.NOT_ENOUGH_DATA
    assert "40 pairs" in blunt.reason


def test_what_did_not_move_alone_stays_as_it_was() -> None:
    confounded = Judgement(Verdict.CONFOUNDED, "It had moved before.", "Experiment.")
    after = judged_among(confounded, p_value=0.01, q_value=0.5, pool=40, could_show=True)
    assert after is confounded
