"""Has a chart room for what stands beside it, so that a browser need not draw it again?"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboards.chart_room import LINE, with_room
from dashboards.charts import figure
from dashboards.tokens import theme

DAYS = pd.date_range("2026-01-05", periods=3)


def _told(fig: Any, *, revision: str = "a") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(with_room(fig, revision=revision).to_json())
    return told


def _bars(*names: str) -> Any:
    fig = figure(theme("light"))
    fig.add_trace(go.Bar(x=[1.0] * len(names), y=list(names), orientation="h"))
    return fig


def test_a_longer_name_gets_more_room_at_the_left_and_only_its_longest_line_counts() -> None:
    short, long, wrapped = (
        _told(_bars(name))["layout"]["margin"]["l"]
        for name in ("web", "a name of thirty characters xx", "a name of<br>thirty<br>characters")
    )
    assert short < wrapped < long
    assert long > 30 * 6


def test_a_legend_below_the_plot_gets_room_and_one_that_is_not_drawn_gets_none() -> None:
    def bottom(*shown: bool | None) -> float:
        fig = figure(theme("light"), height=380)
        for each in shown:
            fig.add_trace(go.Scatter(x=DAYS, y=[1, 2, 3], showlegend=each))
        return float(_told(fig)["layout"]["margin"]["b"])

    # 48 px to the legend, which is 42 px high, of the 380 px that Plotly's own margin gives
    assert bottom(None, None) >= 91
    assert bottom(None, False) == bottom(True) == bottom(None, None)
    assert bottom(None) == bottom(False, False) < 55


def test_the_labels_of_times_get_a_second_line_for_the_year_and_those_of_numbers_do_not() -> None:
    def bottom(along: Any) -> float:
        fig = figure(theme("light"))
        fig.add_trace(go.Scatter(x=along, y=[1, 2, 3]))
        return float(_told(fig)["layout"]["margin"]["b"])

    moments = [DAYS, list(DAYS), [day.date() for day in DAYS], [None, *DAYS[1:]]]
    assert {bottom(each) for each in moments} == {bottom([1, 2, 3]) + LINE}


def test_upright_labels_get_their_length_and_a_title_a_line() -> None:
    def bottom(**axis: Any) -> float:
        fig = figure(theme("light"))
        fig.add_trace(go.Scatter(x=["2026.1, 12 Jan", "2026.2, 9 Feb"], y=[1, 2]))
        fig.update_xaxes(**axis)
        return float(_told(fig)["layout"]["margin"]["b"])

    assert bottom(tickangle=-90) > 14 * 6 > bottom()
    assert bottom(title_text="release") > bottom() + 15


def test_margins_that_are_larger_stay() -> None:
    fig = _bars("web")
    fig.update_layout(margin={"l": 300, "r": 84, "t": 90, "b": 200})
    assert _told(fig)["layout"]["margin"] == {"l": 300, "r": 84, "t": 90, "b": 200}


def test_the_same_figure_handed_over_again_is_the_same_to_the_browser() -> None:
    """Plotly compares packed arrays and templates by identity, and lists by the revision."""
    fig = figure(theme("light"))
    sizes = np.array([4, 9, 4])
    fig.add_trace(go.Scatter(x=DAYS, y=pd.Series([1.5, np.nan, 3]), marker={"size": sizes}))
    told = _told(fig, revision="of these rows")
    trace = told["data"][0]
    assert trace["y"] == [1.5, None, 3]
    assert trace["marker"]["size"] == [4, 9, 4]
    assert trace["x"] == [f"{day:%Y-%m-%dT%H:%M:%S}" for day in DAYS]
    assert told["layout"]["datarevision"] == "of these rows"
    assert "template" not in told["layout"]
