"""Does every page answer its question from a published build, and say what is missing?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.view import Named, Segment
from hub.home import HOME_VARIABLE, HubHome
from hub.warehouse import PublishedBuild

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
PAGES = {
    "success_metrics": "Are we on target, and what changed?",
    "what_moves_sales": "Which model gains moved the business?",
    "link_explorer": "Does this model metric move that KPI?",
    "experiments": "What did experiments measure, and can it be trusted?",
    "exposure_audit": "Do people get to see what is served?",
    "service_health": "Do the services answer, quickly and without errors?",
    "delivery": "How does work flow?",
    "data_health": "Can the numbers be trusted?",
    "catalogue": "What does every number mean, and where does it come from?",
}
MOST_CHARTS = 7
Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]


def _open(page: str, **url: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in url.items():
        app.query_params[name] = value
    app.run()
    if app.title and app.title[0].value == PAGES[page]:
        return app
    return app.switch_page(f"app_pages/{page}.py").run()


def _text(app: AppTest) -> str:
    shown = (app.markdown, app.caption, app.info, app.warning, app.code, app.subheader)
    return "\n".join(str(element.value) for kind in shown for element in kind)


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(("page", "question"), PAGES.items())
def test_a_page_asks_answers_and_shows_charts_with_tables(page: str, question: str) -> None:
    app = _open(page)
    assert not app.exception
    assert [title.value for title in app.title] == [question]
    answer = str(app.markdown[0].value)
    assert answer.startswith("#####")
    assert any(sign.isdigit() for sign in answer)
    charts = app.get("plotly_chart")
    assert 1 <= len(charts) <= MOST_CHARTS
    assert len(app.dataframe) >= len(charts)
    labels = [getattr(button, "label", None) for button in app.get("download_button")]
    assert labels == [*["Download CSV"] * len(app.dataframe), "Download this page"]
    assert f"bellwether export {page.replace('_', '-')} --format pdf" in app.code[-1].value
    assert "How to read it" in _text(app)


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("page", PAGES)
def test_the_header_tells_data_from_build_and_names_what_is_stale(page: str) -> None:
    text = _text(_open(page))
    assert "Data through 12 Mar 2025 (" in text
    assert "build build-1" in text
    assert "orders has data through 12 Mar 2025" in text
    assert "logs has data through" not in text


@pytest.mark.parametrize("page", PAGES)
def test_a_home_without_a_build_says_which_command_makes_one(
    page: str, empty_home: HubHome
) -> None:
    app = _open(page)
    assert not app.exception
    assert f"bellwether run --home {empty_home.root}" in _text(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(
    ("page", "example"),
    [
        ("success_metrics", "kind: sales"),
        ("what_moves_sales", "kind: mlflow"),
        ("link_explorer", "kind: mlflow"),
        ("experiments", "kind: experiments"),
        ("exposure_audit", "kind: exposure"),
        ("service_health", "kind: service_logs"),
        ("delivery", "kind: jira"),
        ("data_health", "kind: sales"),
        ("catalogue", "kind: sales"),
    ],
)
def test_an_empty_build_names_the_missing_source_and_the_command(
    page: str, example: str, empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    nothing = {name: frame.head(0) for name, frame in marts.items()}
    publish_marts(empty_home, nothing, "nothing")
    app = _open(page)
    assert not app.exception
    assert example in _text(app)
    assert f"bellwether run --home {empty_home.root}" in _text(app)


@pytest.mark.parametrize("page", PAGES)
def test_an_older_build_without_the_marts_is_no_crash(
    page: str, empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    only = {"mart_data_health_sources": marts["mart_data_health_sources"]}
    publish_marts(empty_home, only, "older")
    app = _open(page)
    assert not app.exception
    assert "This build was made by an older version of the code" in _text(app)


def test_a_home_whose_settings_are_broken_still_shows_its_build(
    tmp_path: Path, marts: Frames, publish_marts: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub.yml").write_text("company: [")
    publish_marts(HubHome(tmp_path), marts, "build-2")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    app = _open("success_metrics")
    assert not app.exception
    assert "not valid YAML" in _text(app)
    assert len(app.get("plotly_chart")) >= 1


def test_a_new_build_is_picked_up_on_the_next_rerun(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    publish_marts(empty_home, marts, "before")
    app = _open("data_health")
    assert "build before" in _text(app)
    publish_marts(empty_home, marts, "after")
    app.run()
    assert "build after" in _text(app)


@pytest.mark.usefixtures("at_home")
def test_a_link_reopens_the_same_view() -> None:
    app = _open(
        "success_metrics",
        grain="week",
        period="2025-W07",
        comparison="year-ago",
        segment="country:DE",
        kpi="Orders",
    )
    assert not app.exception
    assert "in the week of 10 Feb 2025" in str(app.markdown[0].value)
    assert "against week of 12 Feb 2024" in str(app.markdown[1].value)
    assert app.selectbox(key="segment").value == Segment("country", "DE")
    assert app.selectbox(key="kpi").value == "Orders"
    assert any("orders go" in str(title.value) for title in app.subheader)


@pytest.mark.usefixtures("at_home")
def test_a_link_with_an_unknown_choice_says_so_and_shows_the_usual_one() -> None:
    app = _open("success_metrics", grain="decade", segment="country:XX")
    assert not app.exception
    assert "The address says grain “decade”" in _text(app)
    assert "The address says segment “country\\:XX”" in _text(app)
    assert "in February 2025" in str(app.markdown[0].value)


@pytest.mark.usefixtures("at_home")
def test_what_moves_sales_says_verdict_caveat_and_what_more_is_needed() -> None:
    text = _text(_open("what_moves_sales"))
    assert "About 8 more releases." in text
    assert r"A caveat with a \$ sign and \*stars\*." in text
    assert "withheld; exp-2\\: the split of users was not the planned one" in text
    assert "had already moved before the model metric did" in text
    assert "experiments\\: not enough data; effect 0.9" in text
    assert "The experiments say 'moves', the releases 'confounded'." in text
    assert "Guardrail broken" in text
    assert "Released within 7 days of it\\: search 3.0." in text


@pytest.mark.usefixtures("at_home")
def test_the_filters_of_what_moves_sales_rule_its_details_and_a_link_still_opens() -> None:
    app = _open("what_moves_sales")
    app.query_params["model"] = "search"
    app.run()
    assert app.selectbox(key="link").options == ["search MRR on holdout → Revenue"]
    assert "0 model releases of the KPI and model lie" in _text(app)
    assert "0 experiments of search ended" in _text(app)
    app.query_params.update({"link": "l1", "release": "ranker.1.1.revenue"})
    app.run()
    assert app.selectbox(key="link").value == "l1"
    assert app.selectbox(key="release").value == "ranker.1.1.revenue"
    assert "The address says" not in _text(app)
    app.run()
    assert app.selectbox(key="link").value == "l1"
    app.selectbox(key="model").set_value("fraud").run()
    assert app.selectbox(key="link").options == ["fraud AUC on holdout → Revenue"]
    app.selectbox(key="verdict").set_value("moves").run()
    assert "0 of 4 links" in str(app.markdown[0].value)
    assert not app.exception


@pytest.mark.usefixtures("at_home")
def test_service_health_dates_the_new_platform_and_the_half_rendered_answers() -> None:
    app = _open("service_health")
    text = _text(app)
    assert "“tablet” since 3 Feb 2025" in text
    assert "rendered of what was served\\: 50.0\u00a0%" in text
    assert "2 days without any log line" in text


@pytest.mark.usefixtures("at_home")
def test_service_health_by_hour_works_for_a_short_span() -> None:
    app = _open("service_health", period="last-2-weeks")
    app.segmented_control(key="grain").select("hour").run()
    assert not app.exception
    assert app.selectbox(key="period").value == Named.TWO_WEEKS
    assert "by hour" in str(app.get("plotly_chart")[1].proto.alt)


@pytest.mark.usefixtures("at_home")
def test_delivery_says_that_times_are_approximate() -> None:
    assert "Approximate:" in _text(_open("delivery"))


@pytest.mark.usefixtures("at_home")
def test_data_health_accounts_for_every_record_and_names_silent_sources() -> None:
    text = _text(_open("data_health"))
    assert "All 6,030 records are accounted for" in text
    assert "nothing arrived\\: trials" in text


def test_data_health_says_when_records_are_lost(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    sources = marts["mart_data_health_sources"]
    sources = sources.assign(loaded=[985, *sources["loaded"].iloc[1:]])
    publish_marts(empty_home, {**marts, "mart_data_health_sources": sources}, "lossy")
    assert "5 records of 6,030 are not accounted for" in _text(_open("data_health"))
