"""Do the figures of exposure date the cut and tell served, drawn and seen apart?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.charts import release_events
from dashboards.charts_exposure import (
    OF_STAGES,
    positions_chart,
    releases_chart,
    seen_chart,
    stages_chart,
)
from dashboards.queries_exposure import exposure_positions
from dashboards.tokens import DARK, LIGHT
from hub.warehouse import PublishedBuild
from tests.dashboards.generated_explorer import CUT_ON

Frames = dict[str, pd.DataFrame]


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def test_the_onset_is_dated_and_gaps_and_the_unfinished_day_stay_blank(marts: Frames) -> None:
    days, onsets = marts["mart_service_days"], marts["mart_onsets"]
    cut = onsets[onsets["metric_name"] == "rendered_ratio"]
    deploys = release_events(marts["mart_releases"].head(0))
    fig = stages_chart(days, cut, LIGHT, deploys=deploys)
    assert any("since 20 Jan 2025" in str(note.text) for note in fig.layout.annotations)
    shaded = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert {pd.Timestamp(shape.x0) for shape in shaded} == {cut["onset_low"].iloc[0]}
    line = _trace(fig, "Rendered of served")
    assert len(line.x) == int(days["is_complete"].sum())
    values = pd.Series(line.y, index=pd.to_datetime(line.x))
    assert np.isnan(values["2025-02-10"])
    assert line.connectgaps is False
    assert len({_trace(fig, name).line.dash for name in ("Served", "Rendered", "Viewed")}) == 3


def test_before_and_since_differ_in_dash_and_symbol(build: PublishedBuild) -> None:
    fig = positions_chart(exposure_positions(build, "home", CUT_ON), DARK)
    rendered = [trace for trace in fig.data if trace.xaxis == "x2"]
    before, since = sorted(rendered, key=lambda trace: str(trace.name))
    assert list(before.y) == [1.0] * 10
    assert list(since.y) == [1.0] * 5 + [0.0] * 5
    assert (before.line.dash, before.marker.symbol) != (since.line.dash, since.marker.symbol)


def test_served_rendered_and_viewed_are_each_drawn_by_position(build: PublishedBuild) -> None:
    fig = positions_chart(exposure_positions(build, "home", CUT_ON), LIGHT)
    assert [note.text for note in fig.layout.annotations] == list(OF_STAGES.values())
    since = [trace.y for trace in fig.data if trace.name == "Since then"]
    assert [list(each)[4:6] for each in since] == [[1.0, 1.0], [1.0, 0.0], [0.5, 0.0]]


def test_position_by_release_writes_a_true_zero_and_leaves_a_gap_blank() -> None:
    rows = pd.DataFrame(
        {
            "release": ["v1, 1 Jan", "v1, 1 Jan", "v2, 1 Feb", "v2, 1 Feb"],
            "position": [1, 2, 1, 2],
            "served_ratio": [1.0, 0.5, 1.0, 0.5],
            "rendered_ratio": [1.0, 1.0, 1.0, 0.0],
            "viewed_ratio": [0.8, 0.4, np.nan, np.nan],
        }
    )
    fig = releases_chart(rows, LIGHT)
    served, rendered, viewed = fig.data
    assert list(served.y) == ["v1, 1 Jan", "v2, 1 Feb"]
    assert [list(line) for line in served.text] == [["100", "50"], ["100", "50"]]
    assert list(rendered.text[1]) == ["100", "0"]
    assert list(viewed.text[1]) == ["", ""]
    assert fig.layout.yaxis.autorange == "reversed"
    many = pd.concat([rows.assign(position=rows["position"] + 2 * at) for at in range(15)])
    assert not any(any(line) for line in releases_chart(many, DARK).data[0].text)


def test_shares_of_a_metric_are_hatched_and_labelled() -> None:
    seen = pd.DataFrame({"metric": ["m"], "served": [1.0], "rendered": [0.65], "viewed": [np.nan]})
    fig = seen_chart(seen, LIGHT)
    assert _trace(fig, "As drawn").text[0] == "65 %"
    assert _trace(fig, "As seen").text[0] == ""
    assert len({_trace(fig, f"As {stage}").marker.pattern.shape for stage in STAGES}) == 3
    assert _trace(fig, "As drawn").x[0] == pytest.approx(0.65)


def test_the_words_beside_a_whole_bar_have_room_on_a_phone() -> None:
    seen = pd.DataFrame(
        {"metric": ["recommender ndcg@10"], "served": [1.0], "rendered": [0.6], "viewed": [0.4]}
    )
    fig = seen_chart(seen, LIGHT)
    assert all(trace.cliponaxis is False for trace in fig.data)
    assert fig.layout.margin.r >= 40
    assert list(fig.layout.yaxis.ticktext) == ["recommender<br>ndcg@10"]
    assert fig.layout.xaxis.title.font.size == fig.layout.font.size


STAGES = ("served", "drawn", "seen")
