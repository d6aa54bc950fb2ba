"""Is a closed table sent when it is opened, and always where nobody can open it?"""

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
