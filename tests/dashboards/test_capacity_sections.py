"""Does *Service health* show what carries the traffic, gaps as gaps, incidents on demand?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.capacity_sections import sentence
from dashboards.charts_capacity import capacity_chart, panels
from dashboards.tokens import DARK, LIGHT
from dashboards.wording import day_name
from hub.home import HubHome
from hub.warehouse import PublishedBuild
from tests.dashboards.generated_capacity import SERVICE, UNHEARD

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"


def _chart(marts: Frames, **options: Any) -> Any:
    given: dict[str, Any] = {"column": "day", "every": "day", "currency": "EUR"}
    return capacity_chart(marts["mart_capacity_days"], LIGHT, **(given | options))


def _trace(fig: Any, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


def test_traffic_instances_and_cost_share_one_time_axis(marts: Frames) -> None:
    fig = _chart(marts)
    titles = [note.text for note in fig.layout.annotations]
    assert titles == [
        "Requests per day",
        "Latency p95, ms",
        "Instances",
        "CPU in use",
        "Cost per thousand predictions, €",
    ]
    assert {fig.layout[f"xaxis{n}"].matches for n in ("", 2, 3, 4)} == {"x5"}


def test_days_without_samples_break_the_line_and_are_hatched(marts: Frames) -> None:
    fig = _chart(marts)
    mean = _trace(fig, "Instances, mean")
    silent = [x for x, y in zip(mean.x, mean.y, strict=True) if np.isnan(y)]
    assert [pd.Timestamp(x) for x in silent] == list(UNHEARD)
    assert 0.0 not in list(mean.y)
    hatched = [t for t in fig.data if t.name == "Not known" and t.yaxis == "y3"]
    assert [pd.Timestamp(hatched[0].x[0]), pd.Timestamp(hatched[0].x[2])] == [
        UNHEARD[0],
        UNHEARD[1] + pd.Timedelta(days=1),
    ]


def test_a_column_that_nobody_delivers_has_no_panel(marts: Frames) -> None:
    days = marts["mart_capacity_days"].assign(cpu_used_ratio=np.nan)
    assert "cpu_used_ratio" not in panels(days)
    fig = capacity_chart(days, DARK, column="day", every="day")
    assert len([note for note in fig.layout.annotations if note.text]) == 4


def test_every_step_says_from_how_many_to_how_many(marts: Frames) -> None:
    steps = marts["mart_scaling_steps"]
    fig = capacity_chart(
        marts["mart_capacity_hours"], LIGHT, column="hour_start", every="hour", steps=steps
    )
    up, down = _trace(fig, "Scaled up"), _trace(fig, "Scaled down")
    assert [tuple(row) for row in up.customdata] == [
        (2, 4, ""),
        (3, 5, " (somewhere in the gap before)"),
    ]
    assert [tuple(row)[:2] for row in down.customdata] == [(4, 3)]
    assert up.marker.symbol != down.marker.symbol


def test_incidents_are_shaded_from_start_to_end(marts: Frames) -> None:
    fig = _chart(marts, incidents=marts["mart_incidents"])
    assert list(_trace(fig, "Incident").customdata) == [
        "INC-1: Latency above # ms<br>10 Jan 2025, 09:00, 45 minutes",
        "INC-2<br>3 Feb 2025, 10:00, end not known",
        "INC-3: No answers<br>25 Feb 2025, 10:00, still open",
    ]
    last = marts["mart_capacity_days"]["day"].max()
    assert pd.Timestamp(fig.layout.shapes[-1].x1) == last + pd.Timedelta(days=1)
    assert not [t for t in _chart(marts).data if t.name == "Incident"]


def test_an_incident_that_began_before_the_period_does_not_stretch_the_axis(marts: Frames) -> None:
    first = marts["mart_capacity_days"]["day"].min()
    early = (
        marts["mart_incidents"]
        .head(1)
        .assign(started_at=first - pd.Timedelta(days=60), ended_at=first + pd.Timedelta(days=2))
    )
    fig = _chart(marts, incidents=early)
    assert [pd.Timestamp(at) for at in _trace(fig, "Incident").x] == [first]
    assert pd.Timestamp(fig.layout.shapes[-1].x0) == first


def test_the_sentence_divides_sums_and_leaves_out_what_is_not_known(marts: Frames) -> None:
    days = marts["mart_capacity_days"].iloc[:2].copy()
    days["cost"], days["predictions"] = [10.0, 30.0], [1000.0, 200.0]
    days["cost_per_thousand_predictions"] = [10.0, 150.0]
    none = marts["mart_scaling_steps"].iloc[:0]
    said = sentence(days, none, marts["mart_incidents"].iloc[:0], "EUR")
    assert "33.33" in said
    bare = sentence(days.assign(instances=np.nan), none, marts["mart_incidents"], "EUR")
    assert "instances" not in bare
    assert bare.endswith("3 incidents.")


def _open(**url: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in url.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page("app_pages/service_health.py").run()


@pytest.mark.usefixtures("at_home")
def test_a_link_reopens_the_page_without_incidents() -> None:
    app = _open(service=SERVICE, capacity_markers="")
    assert not app.exception
    assert app.pills(key="capacity_markers").value == []
    assert "What carries the traffic" in "\n".join(each.value for each in app.subheader)


@pytest.mark.usefixtures("at_home")
def test_a_day_that_is_not_over_is_left_out(marts: Frames) -> None:
    days = marts["mart_capacity_days"]
    said = [each.value for each in _open(service=SERVICE).markdown if "on average" in each.value]
    finished = days[days["day"] < days["day"].max()].iloc[-1]["day"]
    assert len(said) == 1
    assert f"on {day_name(finished)}" in said[0]


def test_a_service_without_samples_or_bills_names_the_source(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    none = {name: marts[name].assign(service="other") for name in marts if "capacity" in name}
    publish_marts(empty_home, {**marts, **none}, "bare")
    app = _open(service=SERVICE)
    assert not app.exception
    assert "kind `service_metrics` or `cost`" in "\n".join(each.value for each in app.caption)
