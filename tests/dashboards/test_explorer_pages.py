"""Do the pages for a closer look keep their choices in the URL, and follow them?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

PAGES = Path(__file__).resolve().parents[2] / "dashboards" / "app_pages"
Frames = dict[str, pd.DataFrame]


def _open(page: str, **url: str) -> AppTest:
    """The page by itself, without the first one before it."""
    app = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=30)
    for name, value in url.items():
        app.query_params[name] = value
    return app.run()


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
