"""Does the catalogue show what columns a source has, and say so of a build that counted none?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from hub.home import HubHome
from hub.warehouse import PublishedBuild

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
Frames = dict[str, pd.DataFrame]
Publish = Callable[[HubHome, Frames, str], PublishedBuild]


def _open(source: str) -> AppTest:
    """The catalogue as a link opens it, after the first page."""
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    app.query_params["source"] = source
    return app.switch_page("app_pages/catalogue.py").run()


def _text(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in app.markdown).replace("\\", "")


@pytest.mark.usefixtures("at_home")
def test_the_catalogue_shows_the_columns_of_the_chosen_source() -> None:
    app = _open("orders")
    assert not app.exception
    text = _text(app)
    assert "**Columns:** 2 of 3 columns are filled. 12 of 990 rows of sales also carry" in text
    assert "of at least 3 names" in text
    app.selectbox(key="source").select("trials").run()
    assert "0 columns are filled: no row of this source is loaded." in _text(app)


def test_a_build_that_counted_no_columns_and_followed_no_metric_is_said_to_be_one(
    empty_home: HubHome, marts: Frames, publish_marts: Publish
) -> None:
    lacking = ("meta.source_columns", "metrics.lineage")
    older = {name: frame for name, frame in marts.items() if name not in lacking}
    publish_marts(empty_home, older, "before")
    app = _open("orders")
    assert not app.exception
    assert "This build did not count columns; the next build does." in _text(app)
    assert [each.value for each in app.info] == [
        "This build followed no metric from file to page; the next build does."
    ]


@pytest.mark.usefixtures("at_home")
def test_the_way_of_the_chosen_metric_is_told_from_file_to_page() -> None:
    app = _open("orders")
    text = _text(app)
    assert "**3 Staging models:** stg_sales_lines  \n**4 Models of the layers:**" in text
    assert "**Used by:** Success metrics and What moves sales." in text
    app.selectbox(key="metric").select("ndcg_at_10").run()
    assert "**1 Files:** mlflow (nothing delivered)" in _text(app)
