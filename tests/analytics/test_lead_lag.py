"""Do the classical tools find published delays, lose them when spoilt, and name what is misused?"""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.stattools import grangercausalitytests

from analytics.lead_lag import foresight, impulse_weights

Known = dict[str, pd.DataFrame]


def series(seed: int, n: int = 300) -> pd.Series:
    return pd.Series(np.random.default_rng(seed).standard_normal(n))


def test_eggs_lead_chickens_and_chickens_do_not_lead_eggs(known: Known) -> None:
    # Thurman & Fisher, AJAE 70 (1988): with three lags p = .0030 one way, .62 the other
    frame = known["chickegg"].set_index("year")
    assert foresight(frame["egg"], frame["chicken"]).p_value == pytest.approx(0.0030, abs=0.0001)
    assert foresight(frame["chicken"], frame["egg"]).p_value == pytest.approx(0.62, abs=0.01)


def test_eggs_no_longer_lead_when_their_years_are_shuffled_or_reversed(known: Known) -> None:
    frame = known["chickegg"].set_index("year")
    for spoilt in (
        np.random.default_rng(1).permutation(frame["egg"].to_numpy()),
        frame["egg"].to_numpy()[::-1],
    ):
        egg = pd.Series(spoilt, frame.index)
        assert foresight(egg, frame["chicken"]).p_value > 0.05


def test_sales_follow_their_indicator_by_three_and_the_weights_fall_by_72_percent(
    known: Known,
) -> None:
    # Box & Jenkins (1970): 4.82 B^3 / (1 - .72 B)
    frame = known["bjsales"]
    found = impulse_weights(frame["lead"], frame["sales"], differences=1).set_index("lag")
    assert (found["weight"][:3].abs() < 0.2).all()
    assert found["weight"][3] == pytest.approx(4.82, abs=0.2)
    decay = (found["weight"].shift(-1) / found["weight"])[3:7]
    assert decay.mean() == pytest.approx(0.72, abs=0.03)
    assert found["correlation"][3:5].tolist() == pytest.approx([0.69, 0.49], abs=0.04)
    assert found["correlation"][5] == pytest.approx(0.37, abs=0.02)


def test_the_delay_of_sales_follows_a_shift_and_dies_with_order(known: Known) -> None:
    frame = known["bjsales"]
    earlier = pd.Series(frame["lead"].to_numpy()[2:])
    later = pd.Series(frame["sales"].to_numpy()[:-2])
    shifted = impulse_weights(earlier, later, differences=1).set_index("lag")["weight"]
    assert shifted.idxmax() == 5
    backwards = pd.Series(frame["sales"].to_numpy()[::-1])
    spoilt = impulse_weights(frame["lead"], backwards, differences=1)
    assert not (spoilt["weight"].abs() > 3.0).any()


def test_the_test_is_that_of_statsmodels() -> None:
    x, y = series(1, 80), series(2, 80)
    y = y + 0.3 * x.shift(2).fillna(0.0)
    theirs = grangercausalitytests(np.column_stack([y, x]), [3])[3][0]["ssr_ftest"]
    ours = foresight(x, y)
    assert (ours.f_value, ours.p_value) == pytest.approx((theirs[0], theirs[1]))
    assert ours.dof == theirs[2]


def test_independent_noise_is_foreseen_in_one_of_twenty() -> None:
    n_found = sum(foresight(series(i), series(1000 + i)).p_value < 0.05 for i in range(200))
    assert 2 <= n_found <= 20


@pytest.mark.parametrize("n", [0, 1, 5, 19])
def test_short_or_constant_series_have_no_answer(n: int) -> None:
    assert foresight(series(1, n), series(2, n)).reason
    assert impulse_weights(series(1, n), series(2, n)).empty
    constant = pd.Series(1.0, range(100))
    assert foresight(constant, series(1, 100)).reason
    assert foresight(series(1, 100), constant).reason
    assert len(impulse_weights(constant, series(1, 100))) == 13


def test_misuse_names_the_argument() -> None:
    good = series(1)
    with pytest.raises(TypeError, match="cause"):
        foresight([1.0, 2.0], good)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="effect"):
        foresight(good, good.where(good.index > 3))
    with pytest.raises(ValueError, match="effect"):
        foresight(good, good[:50])
    with pytest.raises(ValueError, match="lags"):
        foresight(good, good, lags=0)
    with pytest.raises(TypeError, match="max_lag"):
        impulse_weights(good, good, max_lag=1.5)  # type: ignore[arg-type]
