"""Do grain, comparison and segment of the address say what is shown and compared?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import queries_periods
from dashboards.view import Segment
from hub.home import HubHome
from hub.warehouse import PublishedBuild
from tests.dashboards.generated_periods import periods

Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]
STORED = [
    *("metric_name", "entity", "segment_name", "segment_value", "grain", "period_start"),
    *("metric_value", "is_complete"),
]
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"


def _stored(marts: Frames) -> Frames:
    """The marts with stored periods of a service and a project; the newest is not complete."""
    compared = periods("reco-api", "SHOP")
    observations = [
        frame.rename(columns={"value": "metric_value"})[STORED] for frame in compared.values()
    ]
    every = pd.concat([marts["metrics.observations"], *observations])
    return {**marts, **compared, "metrics.observations": every}


@pytest.fixture
def home(empty_home: HubHome, marts: Frames, publish_marts: Publish) -> HubHome:
    publish_marts(empty_home, _stored(marts), "periods")
    return empty_home


def _open(page: str, **url: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    app.query_params.update(url)
    return app.switch_page(f"app_pages/{page}.py").run()


def _cards(app: AppTest) -> dict[str, tuple[str, str]]:
    return {
        str(each.label).replace("\\", ""): (str(each.value), str(each.delta)) for each in app.metric
    }


def test_the_newest_complete_month_is_compared_with_the_one_before_or_a_year_ago(
    home: HubHome,
) -> None:
    app = _open("service_health", grain="month", period="all")
    assert not app.exception
    cards = _cards(app)
    assert cards["Requests"] == ("1,200", "+20.0 %")
    lines = [str(each.value).replace("\\", "").partition("\n")[0].strip() for each in app.caption]
    assert "February 2025 · 6 of 1,000 requests · down is good" in lines
    assert cards["Error ratio"] == ("0.600 %", "+0.20 pp")
    text = "\n".join(str(each.value).replace("\\", "") for each in app.caption)
    assert "+20.0\u00a0% against January 2025 (1,000 requests)  \n" in text
    assert "(0.400\u00a0%) [95\u00a0%: +0.10 to +0.30]: worse" in text
    assert "−50.00 percentage points against January 2025 (100.0\u00a0%)  \n" in text
    app.segmented_control(key="comparison").select("year-ago").run()
    assert app.query_params == {"grain": "month", "period": "all", "comparison": "year-ago"}
    assert _cards(app)["Requests"] == ("1,200", "+50.0 %")
    app.segmented_control(key="comparison").select("none").run()
    assert _cards(app)["Requests"] == ("1,200", "")


def test_a_platform_and_a_grain_of_the_address_are_opened_and_drawn(home: HubHome) -> None:
    url = {"grain": "week", "period": "all", "segment": "platform:tablet"}
    app = _open("service_health", **url)
    assert not app.exception
    assert app.query_params == url
    assert app.selectbox(key="segment").value == Segment("platform", "tablet")
    cards = _cards(app)
    assert cards["Model requests"] == ("600 requests", "+20.0 %")
    assert not any(name.startswith("Error ratio") for name in cards)
    said = " ".join(str(each.value).replace("\\", "") for each in (*app.markdown, *app.caption))
    assert "reco-api, on all platforms together, answered" in said
    assert "On all platforms together, rendered share fell" in said
    assert "The platform narrows the cards above alone." in said
    alts = [str(each.proto.alt) for each in app.get("plotly_chart")]
    assert "Requests, errors and latency of reco-api by week" in alts


def test_a_past_period_is_not_said_to_have_what_became_worse_after_it(home: HubHome) -> None:
    said = [each.value for each in _open("service_health", period="2025-01-10").markdown]
    assert any("without an error on 10 Jan 2025" in str(each) for each in said)
    assert not any("stayed there since" in str(each) for each in said)


def test_a_period_without_a_whole_complete_one_is_not_compared(home: HubHome) -> None:
    app = _open("service_health", grain="month", period="2025-03")
    assert not app.exception
    assert not _cards(app)
    assert any("No month that is complete" in str(each.value) for each in app.caption)


def test_delivery_by_month_and_its_project_is_the_segment(home: HubHome) -> None:
    app = _open("delivery", grain="month", period="all")
    assert not app.exception
    assert app.query_params == {"grain": "month", "period": "all"}
    alts = [str(each.proto.alt) for each in app.get("plotly_chart")]
    assert "Items finished and created a month, and what is open" in alts
    told = " ".join(str(each.value).replace("\\", "") for each in app.caption)
    assert "The segment is chosen further down: the project." in told
    app.segmented_control(key="grain").select("week").run()
    assert _cards(app)["Cycle time p50"] == ("≈ 6.5 days", "−7.1 %")
    told = " ".join(str(each.value).replace("\\", "") for each in app.caption)
    assert "week of 24 Feb 2025 · approximate: 1 of 4 without a history · down is good" in told


def test_an_exposure_audit_of_a_platform_draws_what_is_stored_of_it(home: HubHome) -> None:
    app = _open("exposure_audit", grain="week", segment="platform:tablet")
    assert not app.exception
    assert _cards(app)["Rendered share"] == (
        "25.0 %",
        "−25.00 pp",
    )
    alts = [str(each.proto.alt) for each in app.get("plotly_chart")]
    assert "Positions of reco-api served, rendered and viewed by week" in alts


def _said(app: AppTest) -> str:
    kinds = (app.caption, app.info, app.markdown)
    return "\n".join(str(each.value).replace("\\", "") for kind in kinds for each in kind)


def test_a_period_in_which_no_month_begins_is_not_said_to_be_without_data(
    home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    stored = _stored(marts)
    every = stored["metrics.observations"]
    newest = (every["grain"] == "month") & (every["period_start"] >= "2025-03-01")
    publish_marts(home, {**stored, "metrics.observations": every[~newest]}, "no-march")
    for page in ("exposure_audit", "service_health", "delivery"):
        app = _open(page, grain="month", period="last-2-weeks")
        assert not app.exception
        told = _said(app)
        assert "No month begins in the period above. Choose a longer period, or a finer" in told
        for untrue in ("No day of it is known", "No log line", "Nothing was finished"):
            assert untrue not in told
    assert "No complete month lies in the period above, so no time is drawn." in told


def test_a_day_without_logs_is_said_to_be_so_by_the_hour_and_no_finer_grain_is_offered(
    home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    days, hours = marts["mart_service_days"], marts["mart_service_hours"]
    gap = pd.Timestamp("2025-01-10")
    silent = days.assign(
        has_data=days["day"] != gap, requests=days["requests"].where(days["day"] != gap)
    )
    heard = hours[pd.to_datetime(hours["local_day"]) != gap]
    without = {"mart_service_days": silent, "mart_service_hours": heard}
    publish_marts(home, {**_stored(marts), **without}, "silent")
    app = _open("service_health", grain="hour", period="2025-01-10")
    assert not app.exception
    told = _said(app)
    assert "No log line of it arrived in the period above, so nothing is known" in told
    assert "nothing is compared. Choose another period." in told
    assert "finer grain" not in told


def test_only_columns_and_fields_that_are_names_are_read(build: PublishedBuild) -> None:
    with pytest.raises(ValueError, match="a field is one of"):
        queries_periods.wide(build, "x", {"a": ("requests", "1; drop")}, "day")
    with pytest.raises(ValueError, match="a mart is one of"):
        queries_periods.compared(build, "mart_releases", "x", ["requests"], "day", None)
    with pytest.raises(ValueError, match="no names of columns"):
        queries_periods.wide(build, "x", {"a b": ("requests", "numerator")}, "day")
