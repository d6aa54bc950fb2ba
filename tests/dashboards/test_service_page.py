"""Does *Service health* answer since when and why, with controls that a link keeps?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from hub.home import HubHome
from hub.warehouse import PublishedBuild

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
pytestmark = pytest.mark.usefixtures("at_home")


def _open(**url: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in url.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page("app_pages/service_health.py").run()


def _text(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in (app.markdown, app.caption) for each in kind)


def test_the_answer_and_the_change_come_without_a_click() -> None:
    app = _open()
    assert not app.exception
    text = _text(app)
    assert "Rendered share fell and stayed there since 20 Jan 2025" in text
    assert "between 19 Jan 2025 and 21 Jan 2025" in text
    assert "- **1.** deploy 'reco-api 1.2' came before. The same in shop (rank 2)." in text
    assert text.index("**1.**") < text.index("**3.**")


def test_a_link_reopens_the_same_change_and_span() -> None:
    app = _open(service="reco-api", change="Error ratio rose, 2 Mar 2025 10:00", period="last-year")
    assert not app.exception
    assert "back to the level before" in _text(app)
    assert app.selectbox(key="period").value == "last-year"


def test_a_day_without_any_log_is_told_and_not_drawn_as_an_empty_chart() -> None:
    app = _open()
    app.query_params["period"] = "2025-02-10"
    app.run()
    assert not app.exception
    assert "No log line of it arrived in the period above" in _text(app)
    specs = [str(each.proto.spec) for each in app.get("plotly_chart")]
    assert not any("Latency, ms" in spec for spec in specs)
    assert any("Latency, ms" in str(e.proto.spec) for e in _open().get("plotly_chart"))


def test_a_change_is_chosen_in_one_step() -> None:
    app = _open()
    app.selectbox(key="change").select("Error ratio rose, 2 Mar 2025 10:00").run()
    assert not app.exception
    assert "Nothing that the hub knows of preceded it." in _text(app)


def test_a_service_without_a_change_says_what_was_ruled_out(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    none = marts["mart_onsets"].assign(entity="another")
    publish_marts(empty_home, {**marts, "mart_onsets": none}, "quiet")
    app = _open()
    assert not app.exception
    assert "None of 3 series has changed for good." in _text(app)
    assert app.selectbox(key="change").value == "none found"


def test_the_newest_error_is_named() -> None:
    assert "Newest of 1 pattern" in _text(_open())


def test_budget_versions_and_callers_are_told_and_an_alert_leads_to_the_change_behind_it() -> None:
    app = _open()
    text = _text(app)
    for told in (
        "20\u00a0% of the error budget of the 28 days to 12 Mar 2025 is left",
        "2 alerts in the period, newest first:",
        "**Ticket, 3 days\\: firing.**",
        "too few requests to judge, 45 of the 100",
        "Apdex 0.970 with T = 500 ms",
        "1.1 came back on",
        "no difference shown",
        "1.1 brought no error that was not known before.",
        "Asked by shop (60\u00a0%), mailer (30\u00a0%) and a caller without a name (5\u00a0%).",
    ):
        assert told in text, told
    links = [each.proto for each in app.get("page_link")]
    (to_change,) = (each for each in links if "Error ratio rose" in each.label)
    assert "change=Error+ratio+rose" in to_change.query_string


def test_a_service_without_an_objective_says_how_to_add_one(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    none = marts["mart_service_slo"].assign(service="another")
    publish_marts(empty_home, {**marts, "mart_service_slo": none}, "no-objective")
    app = _open()
    assert not app.exception
    assert "- {service: reco-api, objective: 0.995, window_days: 28}" in _text(app)
