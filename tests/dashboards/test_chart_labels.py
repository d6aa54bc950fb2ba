"""Do words keep off lines and inside the plot, and is there room for them above all values?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboards.chart_labels import OUTSIDE, Line, Place, free_place, room_above, words_on_lines

LEVEL = Line(pd.Series(range(11)), pd.Series([5.0] * 11))


def test_the_first_place_without_a_line_is_taken() -> None:
    on, below, outside = (Place(1, y, "left", "bottom") for y in (4.8, 2.0, 9.9))
    assert words_on_lines("words", on, [LEVEL], across=(0, 10), high=(0.0, 10.0)) > 0
    assert free_place("words", [on, outside, below], [LEVEL], across=(0, 10), high=(0, 10)) == below
    assert free_place("words", [outside, on], [LEVEL], across=(0, 10), high=(0, 10)) == on


def test_times_count_in_days_and_values_that_are_not_known_are_no_line() -> None:
    days = pd.Series(pd.date_range("2025-01-01", periods=11))
    place = Place(days[1], 4.8, "left", "bottom")
    across = (days[0], days[10])
    known, unknown = (Line(days, pd.Series([value] * 11)) for value in (5.0, np.nan))
    assert words_on_lines("words", place, [known], across=across, high=(0.0, 10.0)) > 0
    assert words_on_lines("words", place, [unknown], across=across, high=(0.0, 10.0)) == 0


@pytest.mark.parametrize(("x", "side"), [(9.5, "left"), (0.5, "right")])
def test_words_that_leave_the_plot_come_last(x: float, side: str) -> None:
    place = Place(x, 2.0, side, "bottom")
    assert words_on_lines("some words", place, [], across=(0, 10), high=(0.0, 10.0)) == OUTSIDE


def test_room_above_holds_a_line_of_text_over_the_largest_value() -> None:
    low, high = room_above([1.0, np.nan], pd.Series([3.0]))
    assert low < 1.0
    assert high > 3.0 + 0.08 * 2
    assert room_above([np.nan]) == (0.0, 1.0)
