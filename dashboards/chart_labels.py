"""Where does a label stand that no line crosses, on the narrowest screen?

A figure knows no width. What is free on a phone is free on any wider screen, because a label then
takes a smaller part of the axes; so places are tried on the plot of a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# px of the plot of a chart on a page 390 px wide, of a letter, and of a line of text with its air
PLOT_WIDE, PLOT_HIGH = 250.0, 220.0
LETTER, LINE_HIGH = 7.2, 19.0
OUTSIDE = 1000.0
SAMPLES = 24  # of each line over the width of a label


@dataclass(frozen=True)
class Place:
    """Where the anchored corner of a label stands, as `add_annotation` takes it."""

    x: Any
    y: float
    xanchor: str
    yanchor: str


@dataclass(frozen=True)
class Line:
    """A line or points: along times or numbers, with gaps where values are not known."""

    along: pd.Series
    values: pd.Series


def free_place(
    words: str,
    places: Sequence[Place],
    lines: Sequence[Line],
    *,
    across: tuple[Any, Any],
    high: tuple[float, float],
) -> Place:
    """The first of `places` at which the words lie on no line, else that with the least below it.

    `across` and `high` are the ends of the axes; a place whose words would leave them comes last.
    """
    costs = [words_on_lines(words, place, lines, across=across, high=high) for place in places]
    return places[int(np.argmin(costs))]


def room_above(*columns: Any, lines: int = 1) -> tuple[float, float]:
    """The ends of a vertical axis with room for words above all values of the columns."""
    known = pd.concat([pd.to_numeric(pd.Series(column)) for column in columns]).dropna()
    if known.empty:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    spread = (high - low) or abs(high) or 1.0
    return low - 0.05 * spread, high + (0.02 + lines * 1.1 * LINE_HIGH / PLOT_HIGH) * spread


def words_on_lines(
    words: str,
    place: Place,
    lines: Sequence[Line],
    *,
    across: tuple[Any, Any],
    high: tuple[float, float],
) -> float:
    """How many samples of the lines lie under the words; `OUTSIDE` more outside the plot."""
    start, end = (_number(each) for each in across)
    wide = LETTER * len(words) / PLOT_WIDE * (end - start)
    tall = LINE_HIGH / PLOT_HIGH * (high[1] - high[0])
    left = _number(place.x) - {"left": 0.0, "center": 0.5, "right": 1.0}[place.xanchor] * wide
    low = place.y - {"bottom": 0.0, "middle": 0.5, "top": 1.0}[place.yanchor] * tall
    is_outside = left < start or left + wide > end or low < high[0] or low + tall > high[1]
    under = 0
    for line in lines:
        known = line.values.notna().to_numpy()
        if not known.any():
            continue
        along = np.array([_number(each) for each in line.along])[known]
        at = np.linspace(left, left + wide, SAMPLES)
        values = line.values.to_numpy(dtype="float64")[known]
        course = np.interp(at, along, values, left=np.nan, right=np.nan)
        under += int(((course > low) & (course < low + tall)).sum())
    return under + (OUTSIDE if is_outside else 0.0)


def _number(value: Any) -> float:
    """A moment in days, a number as it is."""
    if isinstance(value, int | float):
        return float(value)
    return pd.Timestamp(value).value / 86_400e9
