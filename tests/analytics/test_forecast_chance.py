"""Is the chance of a target never surer than the errors of earlier forecasts allow?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analytics.forecast_chance import TargetChance, tempered_chance


def _past(*errors: float, half: float = 10.0) -> pd.DataFrame:
    """Earlier forecasts of 100 whose 95 % interval reached `half` to each side."""
    return pd.DataFrame(
        {
            "actual": [100.0 + error for error in errors],
            "expected": 100.0,
            "low_95": 100.0 - half,
            "high_95": 100.0 + half,
        }
    )


def _chance(simulated: float, target: float, past: pd.DataFrame) -> TargetChance:
    """Of a sum expected at 1,000 with a 95 % interval of 980 to 1,020."""
    return tempered_chance(
        simulated, target=target, expected=1000.0, interval=(980.0, 1020.0), past=past
    )


def test_a_target_no_earlier_error_reached_is_told_as_the_most_the_past_allows() -> None:
    # 1,100 lies five half intervals above: none of 8 was as far off, so (0 + 1) / (8 + 2)
    found = _chance(0.0, 1100.0, _past(-30, -5, -1, 0, 1, 5, 9, 30))
    assert found == TargetChance(0.1, 0.0, 8, 0, True)


def test_errors_as_large_as_the_target_is_away_are_counted_on_its_side_alone() -> None:
    # 1,020 lies one half interval above: 10 and 30 were as far off, -30 was the other way
    found = _chance(0.02, 1020.0, _past(-30, -5, -1, 0, 1, 5, 10, 30))
    assert found == TargetChance(0.3, 0.02, 8, 2, False)


def test_a_target_below_is_no_surer_than_earlier_falls_allow() -> None:
    # 960 lies two half intervals below: -30 was further off, and would have missed
    found = _chance(1.0, 960.0, _past(-30, -5, -1, 0, 1, 5, 10, 30))
    assert found == TargetChance(0.8, 1.0, 8, 1, False)


def test_a_simulated_chance_that_is_nearer_to_even_stands() -> None:
    errors = np.linspace(-9, 9, 98)
    found = _chance(0.2, 1100.0, _past(*errors))
    assert (found.chance, found.is_bound) == (0.2, False)
    assert _chance(0.0, 1100.0, _past(*errors)).chance == pytest.approx(0.01)


def test_poor_intervals_of_the_past_draw_a_chance_to_even_and_never_beyond() -> None:
    found = _chance(0.0, 1001.0, _past(*[20.0] * 9))
    assert found.chance == 0.5


def test_each_side_of_an_interval_is_a_measure_of_its_own() -> None:
    past = _past(15.0, 15.0).assign(high_95=130.0)  # half an interval, where it is wide
    assert _chance(0.0, 1020.0, past).n_as_far == 0
    assert _chance(0.0, 1010.0, past).n_as_far == 2


def test_without_a_width_any_error_is_beyond_every_target() -> None:
    assert _chance(0.0, 1100.0, _past(0.0, 1.0, half=0.0)).n_as_far == 1


def test_a_forecast_that_was_never_tried_has_no_chance_to_tell() -> None:
    found = _chance(0.0, 1100.0, _past())
    assert math.isnan(found.chance)
    assert (found.simulated, found.n_past) == (0.0, 0)


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="simulated"):
        _chance(1.5, 1100.0, _past(1.0))
