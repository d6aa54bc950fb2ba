"""Is what is expected drawn apart from what was seen, and do steps add up?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dashboards.charts import events, figure, marked_as
from dashboards.charts_forecast import add_expected, forecast_chart
from dashboards.charts_waterfall import waterfall_chart
from dashboards.tokens import LIGHT
from tests.dashboards.generated_success import LAST

Frames = dict[str, pd.DataFrame]


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def test_seen_days_are_solid_and_expected_ones_dashed_and_open(marts: Frames) -> None:
    fig = forecast_chart(marts["mart_forecast_days"], LIGHT, label="Revenue", unit="EUR")
    seen, coming = _trace(fig, "Revenue"), _trace(fig, "Expected")
    assert max(seen.x) == min(coming.x) == LAST
    assert (seen.line.dash, coming.line.dash) == ("solid", "dash")
    assert coming.marker.symbol == "circle-open"


def test_the_wider_band_holds_the_narrower(marts: Frames) -> None:
    fig = forecast_chart(marts["mart_forecast_days"], LIGHT, label="Revenue", unit="EUR")
    wide, narrow = _trace(fig, "95 of 100 such days"), _trace(fig, "80 of 100 such days")
    assert max(wide.y) > max(narrow.y)
    assert min(wide.y) < min(narrow.y)


def test_the_end_of_the_period_is_dashed_from_the_last_whole_one(marts: Frames) -> None:
    fig = figure(LIGHT)
    row = marts["mart_forecasts"].iloc[0]
    add_expected(fig, row, (pd.Timestamp("2025-02-01"), 28000.0), LIGHT)
    expected = _trace(fig, "Expected at the end")
    assert list(expected.y) == [28000.0, 31000.0]
    assert expected.line.dash == "dash"
    assert list(_trace(fig, "95 % interval").y) == [29800.0, 32200.0]


def _waterfall(differences: dict[str, float], before: float, now: float) -> Any:
    table = pd.DataFrame({"segment": list(differences), "difference": list(differences.values())})
    return waterfall_chart(
        table,
        LIGHT,
        unit="EUR",
        form=",.0f",
        good="up",
        before=("July", before),
        now=("August", now),
    )


def test_steps_lead_from_zero_to_the_whole_change() -> None:
    fig = _waterfall({"a": -30.0, "b": 10.0}, 100.0, 80.0)
    steps, whole = fig.data
    assert list(steps.base) == [0.0, -30.0]
    assert steps.base[-1] + steps.x[-1] == -20.0
    assert (list(whole.y), list(whole.base), list(whole.x)) == (["Whole change"], [0.0], [-20.0])
    assert list(steps.marker.pattern.shape) == ["/", ""]
    # without one background Plotly complains in the console of a page's file
    assert steps.marker.pattern.bgcolor == steps.marker.color[0]
    assert list(fig.layout.yaxis.categoryarray)[::-1] == [
        "July",
        "a",
        "b",
        "Whole change",
        "August",
    ]
    # a fall is written right of its bar too: left of it stand the names
    notes = {note.y: note for note in fig.layout.annotations}
    assert {name: note.x for name, note in notes.items()} == {
        "July": 0.0,
        "a": 0.0,
        "b": -20.0,
        "Whole change": 0.0,
        "August": -20.0,
    }
    assert notes["a"].text.startswith("−30")
    ends = [notes[name].text.replace("\xa0", " ") for name in ("July", "Whole change", "August")]
    assert ends == ["100 €", "−20 €", "80 €"]
    assert {(note.xanchor, note.bgcolor) for note in notes.values()} == {("left", LIGHT.surface)}


@pytest.mark.parametrize(
    ("differences", "before", "now"),
    [
        ({"a": -18_598.0, "b": -4_242.0}, 434_065.0, 411_225.0),
        ({"a": 900.0, "b": -100.0}, 410_000.0, 410_800.0),
        ({"a": 50.0}, 0.0, 50.0),
    ],
)
def test_a_small_change_of_a_large_value_is_drawn_from_zero_in_its_own_size(
    differences: dict[str, float], before: float, now: float
) -> None:
    fig = _waterfall(differences, before, now)
    low, high = fig.layout.xaxis.range
    bars = [(base, base + x) for bar in fig.data for base, x in zip(bar.base, bar.x, strict=True)]
    assert bars[0][0] == bars[-1][0] == 0.0
    assert all(low <= end <= high for bar in bars for end in bar)
    assert low <= 0.0 <= high
    assert fig.layout.xaxis.title.text == "Change since July (€)"


def test_the_smallest_of_many_segments_are_one_step() -> None:
    table = pd.DataFrame({"segment": [f"s{i}" for i in range(15)], "difference": 1.0})
    fig = waterfall_chart(
        table, LIGHT, unit="", form=None, good="up", before=("a", 0.0), now=("b", 15.0)
    )
    assert len(fig.data[0].y) == 11
    assert sum(fig.data[0].x) == pytest.approx(15.0)


def test_dozens_of_releases_are_symbols_without_lines() -> None:
    days = pd.date_range("2025-01-01", periods=40, freq="D")
    frame = pd.DataFrame({"day": days, "kind": "release", "text": "m 1"})
    fig = figure(LIGHT)
    events(fig, frame, LIGHT, height=1.0)
    assert not fig.layout.shapes
    assert marked_as(frame["day"]) == "triangles"
    assert len(fig.data[0].x) == 40
    events(fig, frame.head(3), LIGHT, height=1.0)
    assert len(fig.layout.shapes) == 3
    assert marked_as(frame["day"].head(3)) == "dashed lines"
