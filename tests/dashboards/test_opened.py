"""Is what is closed sent when it is opened, and always where nobody can open it?"""

from __future__ import annotations

import sys

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.serve import WHEN_OPENED


def _page() -> None:
    import pandas as pd

    from dashboards.opened import when_opened
    from dashboards.page_parts import show_table

    rows = pd.DataFrame({"value": [1, 2]})
    when_opened("Table", lambda: show_table(rows, key="some"), key="some")


def test_a_page_that_is_not_served_has_every_table() -> None:
    app = AppTest.from_function(_page).run()
    assert len(app.dataframe) == 1
    assert app.expander[0].label == "Table"


def test_a_served_table_comes_when_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", WHEN_OPENED])
    app = AppTest.from_function(_page).run()
    assert app.expander[0].label == "Table"
    assert len(app.dataframe) == 0
    app.session_state["opened_some"] = True
    assert len(app.run().dataframe) == 1


def _charted() -> None:
    import pandas as pd
    import plotly.graph_objects as go

    from dashboards.page_parts import chart_when_opened

    chart_when_opened(
        lambda: go.Figure(go.Scatter(y=[1, 2])),
        label="some values",
        key="some",
        alt="Values",
        how_to_read="Up is more.",
        table=pd.DataFrame({"value": [1, 2]}),
        invalid="a sum that does not hold",
    )


def test_a_closed_chart_is_drawn_when_it_is_opened_but_its_mark_is_never_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", WHEN_OPENED])
    app = AppTest.from_function(_charted).run()
    assert [each.label for each in app.expander] == ["Chart: some values"]
    assert not app.get("plotly_chart")
    assert "a sum that does not hold" in app.markdown[0].value
    app.session_state["opened_chart_some"] = True
    app.run()
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe) == 0
    assert [each.label for each in app.expander] == ["Chart: some values", "Table"]
