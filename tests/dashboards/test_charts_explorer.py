"""Do the explorer's figures show what is measured, what is placebo and what decides nothing?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dashboards.charts_explorer import (
    course_chart,
    impacts_chart,
    placebo_chart,
    raw_chart,
    releases_chart,
)
from dashboards.charts_links import series_chart
from dashboards.tokens import DARK, LIGHT

Frames = dict[str, pd.DataFrame]


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def test_raw_and_whitened_share_the_metrics_time_axis(marts: Frames) -> None:
    releases = marts["mart_link_releases"]
    fig = course_chart(
        marts["mart_link_series"], releases, LIGHT, metric="ranker_a NDCG", kpi="Revenue"
    )
    assert [trace.yaxis for trace in fig.data[:3]] == ["y", "y2", "y3"]
    assert fig.layout.annotations[0].text == "ranker_a NDCG"
    assert fig.layout.yaxis2.range[0] == 0
    assert sum(shape.xref == "x" for shape in fig.layout.shapes) == len(releases)


def test_a_share_is_drawn_in_percent_and_money_as_it_is(marts: Frames) -> None:
    series, releases = marts["mart_link_series"], marts["mart_link_releases"]
    for unit, form in (("ratio", "$.3~%"), ("EUR", None)):
        said = {"metric": "ranker NDCG@10", "kpi": "Return rate", "unit": unit}
        course = course_chart(series, releases, DARK, **said)
        assert course.layout.yaxis2.tickformat == form
        assert raw_chart(series, DARK, correlation=0.1, **said).layout.yaxis.tickformat == form
        assert series_chart(series, releases, DARK, **said).layout.yaxis2.tickformat == form


def test_days_before_the_change_are_shaded_and_named(marts: Frames) -> None:
    link = marts["mart_link_evidence"].iloc[1]
    fig = placebo_chart(marts["mart_link_lags"], DARK, effect_unit="elasticity", link=link)
    shaded = [shape for shape in fig.layout.shapes if shape.type == "rect" and shape.x1 == -0.5]
    assert [shape.x0 for shape in shaded] == [-14.5]
    assert any("placebo" in str(note.text) for note in fig.layout.annotations)


def test_no_days_before_means_no_shading(marts: Frames) -> None:
    lags = marts["mart_link_lags"]
    link = marts["mart_link_evidence"].iloc[1]
    fig = placebo_chart(lags[lags["lag_days"] >= 0], LIGHT, effect_unit="elasticity", link=link)
    assert not any("placebo" in str(note.text) for note in fig.layout.annotations)


def test_a_release_has_an_error_bar_and_the_effect_is_the_slope(marts: Frames) -> None:
    releases = marts["mart_link_releases"].copy()
    releases.loc[0, "is_usable"] = False
    link = marts["mart_link_evidence"].iloc[1]
    fig = releases_chart(releases, LIGHT, link=link, kpi="Revenue")
    assert list(_trace(fig, "Release").error_y.array) == pytest.approx(
        [0.0196] * (len(releases) - 1)
    )
    assert _trace(fig, "Not usable").marker.symbol != _trace(fig, "Release").marker.symbol
    line = _trace(fig, "Effect over all releases")
    assert line.y[-1] / line.x[-1] == pytest.approx(1.1)
    fan = _trace(fig, "95 % interval of the effect")
    assert max(fan.y) == pytest.approx(1.7 * 0.03)


def test_without_an_effect_there_is_no_slope(marts: Frames) -> None:
    link = marts["mart_link_evidence"].iloc[2]
    fig = releases_chart(marts["mart_link_releases"], LIGHT, link=link, kpi="Revenue")
    assert [trace.name for trace in fig.data] == ["Release"]


def test_a_releases_step_has_its_interval_and_its_verdicts_symbol(marts: Frames) -> None:
    impacts = marts["mart_release_impacts"]
    moved = impacts.assign(verdict="moves", version="1.2")
    fig = impacts_chart(pd.concat([impacts, moved]), LIGHT, kpi="Revenue")
    step = _trace(fig, "not enough data")
    assert step.y[0] + step.error_y.array[0] == pytest.approx(0.07)
    assert step.y[0] - step.error_y.arrayminus[0] == pytest.approx(-0.03)
    assert step.marker.symbol != _trace(fig, "moves").marker.symbol


def test_the_correlation_is_said_to_carry_no_verdict(marts: Frames) -> None:
    series = marts["mart_link_series"]
    fig = raw_chart(series, LIGHT, metric="NDCG", kpi="Revenue", correlation=-0.8)
    assert [note.text for note in fig.layout.annotations] == [
        "correlation −0.80: carries no verdict"
    ]
    first, second = fig.data
    assert len(first.x) + len(second.x) == len(series)
    assert first.marker.symbol != second.marker.symbol
