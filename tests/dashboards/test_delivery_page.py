"""Does *Delivery* say when work is done and what came of it, in figures that agree?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.charts_delivery import done_by_chart, how_many_chart
from dashboards.delivery_words import done_by, effect, how_many
from dashboards.tokens import LIGHT

APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
Frames = dict[str, pd.DataFrame]


def _rows(marts: Frames, question: str) -> pd.DataFrame:
    rows = marts["mart_delivery_forecasts"]
    return rows[rows["question"] == question]


def test_dates_are_said_with_their_certainty(marts: Frames) -> None:
    assert done_by(_rows(marts, "when done")) == (
        "At the pace of the past weeks the 30 open items will be done by 20 Apr 2025 (50 % "
        "sure), by 4 May 2025 (85 % sure) and by 11 May 2025 (95 % sure)."
    )
    assert "20 (50 % sure), 15 (85 % sure) and 12 (95 % sure)" in how_many(_rows(marts, "how many"))


def test_each_certainty_ends_at_its_own_day(marts: Frames) -> None:
    fig = done_by_chart(_rows(marts, "when done"), LIGHT)
    assert [trace.text[1] for trace in fig.data] == ["20 Apr 2025", "4 May 2025", "11 May 2025"]
    assert len({trace.line.dash for trace in fig.data}) == 3


def test_the_surer_the_fewer_and_no_bar_by_colour_alone(marts: Frames) -> None:
    fig = how_many_chart(_rows(marts, "how many"), LIGHT)
    assert [trace.y[0] for trace in fig.data] == [20.0, 15.0, 12.0]
    assert len({trace.marker.pattern.shape[0] for trace in fig.data}) == 3


def test_a_lasting_change_after_a_release_is_no_proof(marts: Frames) -> None:
    rows = marts["mart_delivery_releases"]
    assert effect(rows.iloc[0]).endswith("moves Revenue: 1,200 €/month [900 to 1,500]")
    assert "Rendered share of reco-api fell when it came" in effect(rows.iloc[1])
    assert "proves no cause" in effect(rows.iloc[1])


@pytest.mark.usefixtures("at_home")
def test_the_page_forecasts_and_follows_work_to_its_effect() -> None:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.query_params["period"] = "last-3-months"
    app.run()
    app = app.switch_page("app_pages/delivery.py").run()
    assert not app.exception
    text = "\n".join(str(each.value) for kind in (app.markdown, app.caption) for each in kind)
    assert "the 30 open items will be done" in text
    assert "an effect can be told of 2" in text
    assert "waiting before the work counts too" in text
    assert app.selectbox(key="period").value == "last-3-months"
    released = next(each.value for each in app.dataframe if "effect_words" in each.value.columns)
    assert set(released["money_month"].dropna()) == {1200.0}
