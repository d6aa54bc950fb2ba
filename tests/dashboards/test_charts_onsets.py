"""Does the chart of a change show its interval, both levels and what preceded it?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.charts import figure, room_for_few
from dashboards.charts_onsets import onset_chart, window
from dashboards.charts_service import red_chart, versions_chart
from dashboards.onset_sections import likeliest
from dashboards.tokens import LIGHT
from tests.dashboards.generated_operations import RENDERED_HALF_SINCE

Frames = dict[str, pd.DataFrame]
NO_EVENTS = pd.DataFrame(columns=["day", "kind", "text"])


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def _drawn(marts: Frames, *, with_series: bool = True) -> Any:
    onset = marts["mart_onsets"].iloc[0]
    series = marts["mart_service_days"] if with_series else None
    causes = marts["mart_onset_causes"]
    mine = causes[causes["onset_id"] == onset["onset_id"]]
    return onset_chart(series, onset, mine, LIGHT, column="day")


def test_the_band_is_the_interval_of_the_onset(marts: Frames) -> None:
    band = _trace(_drawn(marts), "It began in here (95 %)")
    assert min(band.x) == RENDERED_HALF_SINCE - pd.Timedelta(days=1)
    assert max(band.x) == RENDERED_HALF_SINCE + pd.Timedelta(days=1)


def test_a_value_of_a_day_that_is_not_over_is_dotted_to_an_open_point(marts: Frames) -> None:
    fig = _drawn(marts)
    last = pd.Timestamp(_trace(fig, "Level since").x[1])
    days = marts["mart_service_days"].assign(is_complete=lambda rows: rows["day"] < last)
    fig = _drawn(marts | {"mart_service_days": days})
    part = _trace(fig, "Not complete")
    assert (part.line.dash, part.marker.symbol) == ("dot", "circle-open")
    line = next(each for each in fig.data if each.line.dash is None and each.mode != "lines")
    assert pd.isna(line.y[-1])
    assert not pd.isna(part.y[-1])


def test_both_levels_meet_at_the_onset(marts: Frames) -> None:
    fig = _drawn(marts)
    before, since = _trace(fig, "Level before"), _trace(fig, "Level since")
    assert before.x[1] == since.x[0] == RENDERED_HALF_SINCE
    assert (before.y[0], since.y[0]) == (1.0, 0.5)
    assert before.line.dash != since.line.dash


def test_every_rank_that_is_drawn_is_in_the_list_and_the_other_way_round(marts: Frames) -> None:
    causes = marts["mart_onset_causes"].head(4)
    fifth = causes.tail(1).assign(name="another", rank=5, happened_at=RENDERED_HALF_SINCE)
    named = likeliest(pd.concat([causes, fifth], ignore_index=True))
    # two places of the first event, then the second and the third event; the fifth is drawn nowhere
    assert list(named["rank"]) == [1, 2, 3, 4]
    fig = onset_chart(None, marts["mart_onsets"].iloc[0], named, LIGHT, column="day")
    assert set(_trace(fig, "What preceded it, by rank").text) == {"1", "2", "3"}


def test_causes_are_numbered_by_rank_and_those_long_before_left_to_the_table(marts: Frames) -> None:
    causes = _trace(_drawn(marts), "What preceded it, by rank")
    assert list(causes.text) == ["1", "2", "3"]
    assert len(set(causes.y)) == 3


def test_without_values_of_its_own_the_levels_still_tell(marts: Frames) -> None:
    assert {trace.name for trace in _drawn(marts, with_series=False).data} >= {
        "Level before",
        "Level since",
    }


def test_an_episode_that_ended_ends_its_level(marts: Frames) -> None:
    onset = marts["mart_onsets"].iloc[1]
    none = marts["mart_onset_causes"].head(0)
    since = _trace(onset_chart(None, onset, none, LIGHT, column="hour_start"), "Level since")
    assert since.x[1] == onset["ended_at"]
    assert window(onset)[1] > onset["ended_at"]


def test_changes_are_bands_in_the_panel_of_their_metric(marts: Frames) -> None:
    days = marts["mart_service_days"]
    fig = red_chart(
        days, LIGHT, column="day", every="day", deploys=NO_EVENTS, onsets=marts["mart_onsets"]
    )
    bands = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert [band.yref for band in bands] == ["y2 domain"]
    assert any("Error ratio rose" in str(note.text) for note in fig.layout.annotations)


def test_a_single_moment_gets_an_axis_of_whole_periods() -> None:
    fig = figure(LIGHT)
    room_for_few(fig, pd.Series(pd.to_datetime(["2025-03-01"])), "day")
    low, high = (pd.Timestamp(end) for end in fig.layout.xaxis.range)
    assert high - low == pd.Timedelta(days=2)


def test_a_single_day_is_written_as_a_day_and_days_far_apart_are_not_all_written() -> None:
    fig = figure(LIGHT)
    room_for_few(fig, pd.Series(pd.to_datetime(["2025-03-01"])), "day")
    assert fig.layout.xaxis.dtick == 24 * 3_600_000
    fig = figure(LIGHT)
    room_for_few(fig, pd.Series(pd.to_datetime(["2023-03-01", "2025-03-01"])), "day")
    assert fig.layout.xaxis.dtick is None


def test_the_number_of_a_cause_stands_away_from_the_line_of_the_next(marts: Frames) -> None:
    onset = marts["mart_onsets"].iloc[0]
    at = pd.Timestamp(onset["onset_at"])
    hours = pd.Series([at, at + pd.Timedelta(hours=2), at - pd.Timedelta(days=10)])
    causes = pd.DataFrame({"happened_at": hours, "kind": "deploy", "name": "v"})
    causes = causes.assign(rank=[1, 2, 3])
    fig = onset_chart(None, onset, causes, LIGHT, column="day")
    drawn = next(trace for trace in fig.data if trace.name == "What preceded it, by rank")
    sides = dict(zip(drawn.text, drawn.textposition, strict=True))
    assert sides == {"1": "middle left", "2": "middle right", "3": "middle right"}


def test_each_run_of_a_version_is_a_mark_and_a_rollback_has_its_symbol(marts: Frames) -> None:
    fig = versions_chart(marts["mart_service_versions"], LIGHT)
    assert len(set(fig.data[0].x)) == 4
    assert fig.data[0].marker.symbol[-1] == "triangle-left"
    assert fig.data[0].marker.symbol[0] != "triangle-left"
