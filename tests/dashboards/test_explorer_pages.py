"""Do the pages for a closer look keep their choices in the URL, and follow them?"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
Frames = dict[str, pd.DataFrame]


def _open(page: str, **url: str) -> AppTest:
    """The page as a link opens it, after the first one."""
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    for name, value in url.items():
        app.query_params[name] = value
    return app.switch_page(f"app_pages/{page}.py").run()


def _text(app: AppTest) -> str:
    shown = (app.markdown, app.caption, app.info, app.warning, app.code, app.subheader)
    return "\n".join(str(element.value) for kind in shown for element in kind)


@pytest.mark.usefixtures("at_home")
def test_a_pair_in_the_url_is_the_pair_that_opens() -> None:
    app = _open("link_explorer", metric="search/mrr", kpi="revenue")
    assert not app.exception
    assert app.selectbox(key="metric").value == "search/mrr"
    assert "confounded" in str(app.markdown[0].value)
    app.selectbox(key="metric").select("ranker/ndcg_at_10").run()
    assert "moves it, with a gain" in str(app.markdown[0].value)
    assert len(app.get("plotly_chart")) == 6


@pytest.mark.usefixtures("at_home")
def test_the_explorer_says_why_charts_are_missing() -> None:
    text = _text(_open("link_explorer", metric="fraud/auc", kpi="revenue"))
    assert "`link.draw_pairs`" in text
    assert "0 experiments on auc of fraud measured revenue" in text.replace("\\", "")


@pytest.mark.usefixtures("at_home")
def test_experiments_show_the_split_first_and_why_one_is_withheld() -> None:
    app = _open("experiments", on="revenue", offline="ranker/ndcg_at_10")
    assert not app.exception
    text = _text(app).replace("\\", "")
    assert [str(each.value) for each in app.subheader] == [
        "Were users split as planned?",
        "What did each measure?",
        "Did the guardrails hold?",
        "Do offline gains come true online?",
        "Did experiments disturb each other?",
    ]
    assert "1 of 2 experiments report a guardrail; 1 of 1 read-out is broken, 0 held." in text
    assert "1 of 2 comparisons of experiments on the same users shows that one changed" in text
    assert (
        "**⇄ exp-1 and exp-2**, revenue, 1,500 users in both (75\u00a0% and 50\u00a0% of them)"
        in text
    )
    assert "neither one's read-out of revenue tells what it does alone: read both out" in text
    assert "whenever they ended" not in text
    assert "exp-2 is withheld:** the split of users was not the planned one" in text
    assert "1 of 1 read-out moved revenue by more than chance (1 up, 0 down); 1 withheld" in text
    assert "1.2 [95\u00a0%: 0.4 to 2] relative lift per log offline gain" in text
    assert "not drawn" not in text
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert len(drawn) == 3
    assert drawn[2]["layout"]["xaxis"]["title"]["text"] == "log change of ndcg@10 offline"
    corrected, plain, points = (trace["name"] for trace in drawn[2]["data"])
    assert (corrected, points) == ("Corrected for noise in the offline gains", "Experiment")
    assert plain.startswith("Not corrected (reliability 50")


@pytest.mark.usefixtures("at_home")
def test_exposure_follows_the_moment_in_the_url() -> None:
    app = _open("exposure_audit", since="20 Jan 2025: Rendered share changed")
    assert not app.exception
    text = _text(app)
    assert "Most lists have drawn 5 positions since 20 Jan 2025." in text
    assert "1 comparison joins days before and after" in text
    app = _open("exposure_audit", since="All days that are known")
    assert app.selectbox(key="since").value == "All days that are known"
    assert "Which comparisons does this spoil?" in _text(app)


@pytest.mark.usefixtures("at_home")
def test_a_day_whose_logs_are_lost_is_told_with_its_source_and_no_empty_chart() -> None:
    app = _open("exposure_audit", period="2025-02-10")
    text = _text(app)
    assert "tells what was drawn on 10 Feb 2025" in text
    assert "If files of kind `service_logs` came late" in text
    assert any("bellwether run --home" in each.value for each in app.code)
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert not any("Rendered of what was served" in json.dumps(each["layout"]) for each in drawn)


@pytest.mark.usefixtures("at_home")
def test_the_catalogue_keeps_search_and_metric_in_the_url() -> None:
    app = _open("catalogue", search="models", metric="ndcg_at_10")
    assert not app.exception
    assert app.text_input(key="search").value == "models"
    assert app.selectbox(key="metric").options == ["NDCG@10"]
    app.text_input(key="search").set_value("revenue").run()
    assert app.selectbox(key="metric").options == ["Revenue"]
    text = _text(app)
    assert "**History:** 2 definitions." in text
    assert "Old and new values side by side" in text
    app.text_input(key="search").set_value("no such thing").run()
    assert "0 of 2 metrics" in _text(app)
    assert not app.exception
