"""Are shrinking gains told from gains that only look so?"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.gain_trend import TrendVerdict, gain_trend


def seeded(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_trend_by_hand() -> None:
    """7 gains that fall at each step but one: 20 of 21 pairs fall, one rises.

    Kendall's tau = (1 - 20) / 21 = -.904762; of 5,040 orders one has 0 rising pairs and six
    have 1, so the two-sided p is 2 · 7 / 5040 = .002778.
    """
    found = gain_trend([0.07, 0.06, 0.05, 0.04, 0.02, 0.03, 0.01], rng=seeded())
    assert found.rank_correlation == pytest.approx(-19 / 21)
    assert found.p_value == pytest.approx(14 / 5040, abs=0.0022)
    assert found.change_per_step == pytest.approx(-0.01)
    assert found.verdict is TrendVerdict.SMALLER
    assert found.interval[0] <= -0.01 <= found.interval[1] < 0


def test_interval_is_that_of_sen() -> None:
    """scipy takes Sen's interval from the normal approximation of the same score."""
    values = 0.05 - 0.001 * np.arange(40) + 0.01 * seeded(3).standard_normal(40)
    found = gain_trend(values.tolist(), rng=seeded())
    slope, _, low, high = stats.theilslopes(values, np.arange(40), 0.95)
    assert found.change_per_step == pytest.approx(slope)
    assert found.interval == pytest.approx((low, high), abs=5e-5)
    expected = stats.kendalltau(np.arange(40), values)
    assert found.rank_correlation == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue, abs=0.002)


@settings(max_examples=30, deadline=None)
@given(
    # as small as gains are told, and not so small that scaling makes two of them equal
    gains=st.lists(
        st.integers(-(10**8), 10**8).map(lambda step: step / 1e9),
        min_size=6,
        max_size=15,
        unique=True,
    ),
    scale=st.floats(0.5, 100),
)
def test_turned_order_turns_the_trend_and_scale_only_scales_it(
    gains: list[float], scale: float
) -> None:
    one = gain_trend(gains, rng=seeded())
    back = gain_trend(gains[::-1], rng=seeded())
    wide = gain_trend([gain * scale for gain in gains], rng=seeded())
    assert back.change_per_step == pytest.approx(-one.change_per_step)
    assert back.rank_correlation == pytest.approx(-one.rank_correlation)
    assert wide.interval == pytest.approx((one.interval[0] * scale, one.interval[1] * scale))
    assert one.interval[0] <= one.change_per_step <= one.interval[1]
    swapped = {TrendVerdict.SMALLER: TrendVerdict.LARGER, TrendVerdict.LARGER: TrendVerdict.SMALLER}
    if abs(one.p_value - 0.05) > 0.02:
        assert back.verdict is swapped.get(one.verdict, one.verdict)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_few_gains_leave_everything_open(n: int) -> None:
    found = gain_trend(np.linspace(0.05, 0.01, n).tolist(), rng=seeded())
    assert found.verdict is TrendVerdict.NOT_ENOUGH_DATA
    assert found.interval == (-math.inf, math.inf)
    assert math.isnan(found.p_value)


def test_equal_gains_show_no_trend() -> None:
    found = gain_trend([0.02] * 9, rng=seeded())
    assert (found.verdict, found.p_value) == (TrendVerdict.NO_TREND_SEEN, 1.0)
    assert found.interval == (0.0, 0.0)
    assert found.verdict_reason == (
        "Gains neither shrank nor grew visibly: 0 from one release to the next [95 %: 0 to 0], in "
        "the unit of the gains, over 9 releases (p = 1.000)."
    )


def test_a_small_trend_is_told_in_figures_that_can_be_read() -> None:
    gains = [1e-5 * gain for gain in (7, 6, 5, 4, 2, 3, 1)]
    said = gain_trend(gains, rng=seeded(), unit="in clicks").verdict_reason
    assert "Gains shrank by more than chance explains: −0.00001 from one release to" in said
    assert "], in clicks, over 7 releases (p = " in said
    assert "e-" not in said.replace("−", "-")


def test_misuse_names_the_argument() -> None:
    with pytest.raises(ValueError, match="gains"):
        gain_trend([0.1, math.nan], rng=seeded())
    with pytest.raises(TypeError, match="rng"):
        gain_trend([0.1], rng=1)  # type: ignore[arg-type]


def test_gains_in_random_order_rarely_seem_to_shrink() -> None:
    # 300 worlds: three standard errors of a true .05 are .038.
    rng = seeded(4)
    found = [gain_trend(rng.exponential(0.02, 12).tolist(), rng=rng) for _ in range(300)]
    assert np.mean([one.verdict is not TrendVerdict.NO_TREND_SEEN for one in found]) <= 0.088


def test_interval_covers_the_true_change() -> None:
    rng = seeded(5)
    covered = []
    for _ in range(300):
        gains = 0.05 - 0.002 * np.arange(14) + 0.01 * rng.standard_t(3, 14)
        low, high = gain_trend(gains.tolist(), rng=rng).interval
        covered.append(low <= -0.002 <= high)
    assert np.mean(covered) >= 0.912
