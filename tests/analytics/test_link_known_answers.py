"""Does the engine find what is known about published data, and lose it when they are spoilt?"""

import numpy as np
import pandas as pd
import pytest

from analytics.link import LinkResult, link
from analytics.vocabulary import Verdict

Known = dict[str, pd.DataFrame]


def linked(metric: np.ndarray, kpi: np.ndarray, *, freq: str = "D", **options: int) -> LinkResult:
    index = pd.date_range("2024-01-01", periods=len(metric), freq=freq)
    rng = np.random.default_rng(0)
    return link(
        pd.Series(metric.astype(float), index),
        pd.Series(kpi.astype(float), index),
        rng=rng,
        **options,  # type: ignore[arg-type]
    )


def test_box_jenkins_sales_follow_their_indicator_by_three_days(known: Known) -> None:
    frame = known["bjsales"]
    found = linked(frame["lead"].to_numpy(), frame["sales"].to_numpy())
    assert found.verdict == Verdict.MOVES
    assert found.lag_days == 3
    assert found.lag_set == (3, 3)
    # Box & Jenkins: about 4.8 units of sales per unit of the indicator at a delay of three
    in_units = found.effect * frame["sales"].mean() / frame["lead"].mean()
    assert 2.5 < in_units < 5.5


def test_box_jenkins_delay_follows_a_shift_and_dies_with_order(known: Known) -> None:
    frame = known["bjsales"]
    lead, sales = frame["lead"].to_numpy(), frame["sales"].to_numpy()
    assert linked(lead[4:], sales[:-4]).lag_days != 3
    assert linked(lead[:-4], sales[4:]).verdict != Verdict.MOVES
    assert linked(lead[:-2], sales[2:]).lag_days == 1
    assert linked(lead, sales[::-1]).verdict != Verdict.MOVES


def test_sales_do_not_move_their_own_leading_indicator(known: Known) -> None:
    frame = known["bjsales"]
    reverse = linked(frame["sales"].to_numpy(), frame["lead"].to_numpy())
    assert reverse.verdict == Verdict.CONFOUNDED


def test_54_yearly_counts_of_chickens_and_eggs_are_refused_as_too_few(known: Known) -> None:
    frame = known["chickegg"]
    for metric, kpi in (("egg", "chicken"), ("chicken", "egg")):
        answer = linked(frame[metric].to_numpy(), frame[kpi].to_numpy(), freq="YS")
        assert answer.verdict == Verdict.NOT_ENOUGH_DATA
        assert "365 days apart" in answer.verdict_reason


def test_changed_and_unchanged_shops_move_together_only_on_the_same_day(known: Known) -> None:
    frame = known["comparison_data"]
    found = linked(frame["NOT_CHANGED_1"].to_numpy(), frame["CHANGED"].to_numpy())
    assert found.lag_days in (0, None)


@pytest.mark.parametrize("seed", range(3))
def test_noise_does_not_move_real_sales(known: Known, seed: int) -> None:
    sales = known["bjsales"]["sales"].to_numpy()
    noise = np.exp(0.1 * np.random.default_rng(seed).standard_normal(len(sales)))
    assert linked(noise, sales).verdict != Verdict.MOVES
