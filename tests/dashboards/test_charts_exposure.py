"""Do the figures of exposure date the cut and tell served, drawn and seen apart?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.charts import gaps, release_events
from dashboards.charts_exposure import (
    OF_STAGES,
    has_stages,
    positions_chart,
    releases_chart,
    seen_chart,
    short_names,
    stages_chart,
)
from dashboards.queries_exposure import exposure_positions
from dashboards.tokens import DARK, LIGHT
from hub.warehouse import PublishedBuild
from tests.dashboards.generated_explorer import CUT_ON

OPENED_ON_A_PHONE = 324  # px of a chart in an opened section of a page 390 px wide
DIGIT = 0.556  # of the size of letters
Frames = dict[str, pd.DataFrame]


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def test_the_onset_is_dated_gaps_are_hatched_and_the_unfinished_day_is_dotted(
    marts: Frames,
) -> None:
    days, onsets = marts["mart_service_days"], marts["mart_onsets"]
    cut = onsets[onsets["metric_name"] == "rendered_ratio"]
    deploys = release_events(marts["mart_releases"].head(0))
    fig = stages_chart(days, cut, LIGHT, deploys=deploys)
    assert any("since 20 Jan 2025" in str(note.text) for note in fig.layout.annotations)
    shaded = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert {pd.Timestamp(shape.x0) for shape in shaded} == {cut["onset_low"].iloc[0]}
    line = _trace(fig, "Rendered of served")
    values = pd.Series(line.y, index=pd.to_datetime(line.x))
    assert np.isnan(values["2025-02-10"])
    assert line.connectgaps is False
    assert len({_trace(fig, name).line.dash for name in ("Served", "Rendered", "Viewed")}) == 3
    hatched = [trace for trace in fig.data if trace.name == "Not known"]
    assert [trace.yaxis for trace in hatched] == ["y", "y2"]
    for trace in hatched:
        ends = pd.DatetimeIndex([each for each in trace.x if each is not None]).unique()
        assert list(ends) == list(pd.DatetimeIndex(["2025-02-10", "2025-02-12"]))
    assert not days["is_complete"].iloc[-1]
    assert np.isnan(values.iloc[-1])
    dotted = [trace for trace in fig.data if trace.name == "Not complete"]
    assert {trace.line.dash for trace in dotted} == {"dot"}
    assert dotted[0].y[-1] == days["rendered_ratio"].iloc[-1]


def _stages(marts: Frames, first: str, last: str, *, releases: tuple[str, ...] = ()) -> Any:
    days, onsets = marts["mart_service_days"], marts["mart_onsets"]
    shown = days[(days["day"] >= first) & (days["day"] <= last)]
    at = pd.to_datetime(list(releases))
    deploys = pd.DataFrame({"day": at, "kind": "release", "text": "v"})
    return stages_chart(
        shown, onsets[onsets["metric_name"] == "rendered_ratio"], LIGHT, deploys=deploys
    )


def test_months_without_data_that_follow_each_other_are_one_gap() -> None:
    starts = pd.Series(pd.to_datetime(["2025-01-01", "2025-02-01", "2025-04-01"]))
    assert [(str(low)[:10], str(high)[:10]) for low, high in gaps(starts, "month")] == [
        ("2025-01-01", "2025-03-01"),
        ("2025-04-01", "2025-05-01"),
    ]


def test_the_words_of_a_change_stand_above_every_share_and_within_the_plot(marts: Frames) -> None:
    for first, side in (("2024-12-03", "right"), ("2025-01-15", "left")):
        fig = _stages(marts, first, "2025-02-15" if side == "right" else "2025-03-12")
        note = next(each for each in fig.layout.annotations if "since" in str(each.text))
        marks = [trace.y for trace in fig.data if trace.yaxis == "y" and trace.fill is None]
        assert note.y > 1.08 > np.nanmax([value for line in marks for value in line])
        assert note.y < fig.layout.yaxis.range[1]
        assert note.xanchor == side


def test_changes_and_releases_of_other_days_do_not_stretch_the_axis(marts: Frames) -> None:
    releases = ("2024-06-01", "2025-02-01", "2025-06-01")
    fig = _stages(marts, "2025-01-25", "2025-02-20", releases=releases)
    assert list(_trace(fig, "Release").x) == [pd.Timestamp("2025-02-01")]
    assert not any("since" in str(note.text) for note in fig.layout.annotations)
    assert not any(shape.type == "rect" for shape in fig.layout.shapes)
    low, high = (pd.Timestamp(each) for each in fig.layout.xaxis.range)
    assert low > pd.Timestamp("2025-01-23")
    assert high < pd.Timestamp("2025-02-23")


def test_a_lone_day_is_a_point_and_days_without_a_line_are_no_chart(marts: Frames) -> None:
    line = _trace(_stages(marts, "2025-02-12", "2025-02-12"), "Rendered of served")
    assert "markers" in line.mode
    assert line.marker.size[0] > 1
    days = marts["mart_service_days"]
    assert has_stages(days[days["day"] == "2025-02-12"])
    lost = days.assign(rendered_ratio=np.nan, k_served=np.nan, k_rendered=np.nan, k_viewed=np.nan)
    assert not has_stages(lost)
    assert not has_stages(days.head(0))


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
    assert served.hovertemplate.startswith("%{y}<br>")
    many = pd.concat([rows.assign(position=rows["position"] + 2 * at) for at in range(15)])
    assert not any(any(line) for line in releases_chart(many, DARK).data[0].text)


def test_ten_positions_of_releases_fit_a_phone_with_upright_ticks_and_their_numbers() -> None:
    names = [f"1.2{at}.0, 1{at} Jan 2026" for at in range(8)]
    rows = pd.DataFrame(
        [
            {
                "release": name,
                "position": at,
                "served_ratio": 1.0,
                "rendered_ratio": 1.0,
                "viewed_ratio": 1.0,
            }
            for name in names
            for at in range(1, 11)
        ]
    )
    fig = releases_chart(rows, LIGHT)
    assert list(fig.layout.yaxis.ticktext) == [name.split(",")[0] for name in names]
    assert list(fig.layout.yaxis.tickvals) == list(fig.data[0].y) == names
    cell = (OPENED_ON_A_PHONE - fig.layout.margin.l - fig.layout.margin.r) / 10 - fig.data[0].xgap
    assert cell >= DIGIT * fig.data[0].textfont.size * len("100")
    assert {axis.tickangle for axis in fig.select_xaxes()} == {0}
    deep = pd.concat([rows.assign(position=rows["position"] + 10 * at) for at in range(3)])
    assert releases_chart(deep, LIGHT).layout.xaxis3.dtick == 3


def test_a_version_released_twice_keeps_its_day() -> None:
    twice = ["v1, 1 Jan 2026", "v2, 3 Jan 2026", "v1, 5 Jan 2026", "before, from 1 Oct 2024"]
    assert short_names(twice) == ["v1, 1 Jan 26", "v2", "v1, 5 Jan 26", "before"]


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
