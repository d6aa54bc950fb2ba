"""Is a chart of the same rows drawn once, and of other rows anew?"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboards import kept_figures
from dashboards.kept_figures import kept
from dashboards.tokens import Theme, theme

DRAWN: list[int] = []


@kept
def _chart(rows: pd.DataFrame, shown: Theme, *, word: str = "") -> go.Figure:
    DRAWN.append(len(rows))
    return go.Figure(layout={"title": word, "paper_bgcolor": shown.surface})


@pytest.fixture(autouse=True)
def _nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_figures, "_figures", type(kept_figures._figures)())
    DRAWN.clear()


def _rows(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"name": ["a", "b"], "value": list(values)})


def test_equal_rows_are_drawn_once() -> None:
    assert _chart(_rows(1, 2), theme("light")) is _chart(_rows(1, 2), theme("light"))
    assert DRAWN == [2]


def test_another_value_theme_or_word_is_drawn_anew() -> None:
    light = theme("light")
    usual = _chart(_rows(1, 2), light)
    others = [
        _chart(_rows(1, 2.000001), light),
        _chart(_rows(1, 2).rename(columns={"value": "other"}), light),
        _chart(_rows(1, 2), theme("dark")),
        _chart(_rows(1, 2), light, word="b"),
    ]
    assert all(other is not usual for other in others)
    assert len(DRAWN) == 5


def test_no_more_than_the_most_are_kept_and_the_last_asked_for_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_figures, "MOST_KEPT", 2)
    first = _chart(_rows(1, 1), theme("light"))
    _chart(_rows(2, 2), theme("light"))
    assert _chart(_rows(1, 1), theme("light")) is first
    _chart(_rows(3, 3), theme("light"))
    assert len(kept_figures._figures) == 2
    assert _chart(_rows(1, 1), theme("light")) is first


def test_a_chart_that_fails_is_not_kept() -> None:
    @kept
    def broken(rows: pd.DataFrame) -> go.Figure:
        raise ValueError(f"{len(rows)} rows")

    for _ in range(2):
        with pytest.raises(ValueError, match="2 rows"):
            broken(_rows(1, 2))
