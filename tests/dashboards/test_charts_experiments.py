"""Do the figures of experiments show errors both ways, and withheld read-outs as withheld?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dashboards.charts_experiments import (
    experiment_names,
    lifts_chart,
    offline_chart,
    splits_chart,
)
from dashboards.experiment_sections import same_scale
from dashboards.tokens import DARK, LIGHT

Frames = dict[str, pd.DataFrame]


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def test_a_failed_split_is_a_cross_beside_what_was_planned(marts: Frames) -> None:
    fig = splits_chart(marts["mart_experiments"], LIGHT)
    failed = _trace(fig, "Seen, read-out withheld")
    assert list(failed.y) == ["exp-2"]
    assert failed.marker.symbol == "x"
    assert list(_trace(fig, "Planned").x) == [0.5, 0.5]
    assert _trace(fig, "Seen").x[0] == pytest.approx(1010 / 2010)


def test_a_withheld_lift_is_named_and_has_no_point(marts: Frames) -> None:
    fig = lifts_chart(marts["mart_experiments"], DARK, metric="revenue")
    points = [name for trace in fig.data for name in trace.y]
    assert points == ["exp-1"]
    assert [(note.y, note.text) for note in fig.layout.annotations] == [("exp-2", "✕ withheld")]
    assert fig.data[0].error_x.arrayminus[0] == pytest.approx(0.02)


def test_offline_gains_have_errors_both_ways_and_both_lines(marts: Frames) -> None:
    link = marts["mart_experiment_links"].iloc[0]
    rows = marts["mart_experiments"]
    second = rows.iloc[[0]].assign(experiment="exp-3", offline_log_change=0.12)
    fig = offline_chart(
        pd.concat([rows, second]), LIGHT, link=link, offline="ndcg_at_10", metric="revenue"
    )
    points = _trace(fig, "Experiment")
    assert list(points.x) == [0.04, 0.12]
    assert points.error_x.array[0] == pytest.approx(0.016)
    assert points.error_x.arrayminus[0] == pytest.approx(0.016)
    assert points.error_y.array[0] == pytest.approx(0.02)
    assert fig.layout.xaxis.title.text == "log change of ndcg_at_10 offline"
    corrected = _trace(fig, "Corrected for noise in the offline gains")
    plain = _trace(fig, "Not corrected (reliability 50 %)")
    assert list(corrected.x) == list(plain.x) == [0.04, 0.12]
    run = corrected.x[1] - corrected.x[0]
    assert (corrected.y[1] - corrected.y[0]) / run == pytest.approx(1.2)
    assert (plain.y[1] - plain.y[0]) / run == pytest.approx(0.6)
    # each begins at its own intercept
    assert corrected.y[0] - 1.2 * 0.04 == pytest.approx(0.001)
    assert plain.y[0] - 0.6 * 0.04 == pytest.approx(0.02)
    assert corrected.line.dash != plain.line.dash
    assert corrected.line.width > plain.line.width


def test_without_a_regression_only_the_points_are_drawn(marts: Frames) -> None:
    rows = marts["mart_experiments"]
    fig = offline_chart(rows, LIGHT, link=None, offline="ndcg_at_10", metric="revenue")
    assert [trace.name for trace in fig.data] == ["Experiment"]


def test_gains_without_a_log_change_keep_the_scale_of_their_file(marts: Frames) -> None:
    link = marts["mart_experiment_links"].iloc[0]
    logs = marts["mart_experiments"]
    rows = logs.assign(offline_log_change=None)
    fig = offline_chart(rows, LIGHT, link=None, offline="ndcg_at_10", metric="revenue")
    points = _trace(fig, "Experiment")
    assert list(points.x) == [0.01]
    assert points.error_x.array[0] == pytest.approx(0.004)
    assert fig.layout.xaxis.title.text == "offline gain of ndcg_at_10"
    per_unit = link.replace(link["effect_unit"], "relative lift per unit of the offline metric")
    assert [same_scale(logs, link), same_scale(rows, link)] == [True, False]
    assert [same_scale(logs, per_unit), same_scale(rows, per_unit)] == [False, True]


def test_variants_are_told_apart_where_there_are_several() -> None:
    rows = pd.DataFrame({"experiment": ["a", "a", "b"], "variant": ["B", "C", "B"]})
    assert experiment_names(rows) == ["a B", "a C", "b"]
