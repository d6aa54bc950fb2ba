"""Can a new caller and a dozen versions be read without one word covering another?"""

from __future__ import annotations

import pandas as pd

from dashboards.charts_service import apart, platform_chart, versions_chart
from dashboards.tokens import LIGHT


def test_a_dozen_versions_are_named_upright_on_one_line_each() -> None:
    versions = pd.DataFrame(
        {
            "version": [f"2.{at}.0" for at in range(12)],
            "first_seen": pd.date_range("2025-01-01", periods=12, freq="D"),
            "requests": 10.0,
            "error_ratio": 0.0,
            "latency_ms_p95": 80.0,
            "is_rollback": False,
        }
    )
    axis = versions_chart(versions, LIGHT).layout.xaxis2
    assert axis.tickangle == -90
    assert len(axis.ticktext) == 12
    assert axis.ticktext[0] == "2.0.0, 1 Jan 25"


def test_new_platforms_are_named_above_all_lines_and_apart() -> None:
    days = pd.date_range("2025-01-01", periods=10, freq="D")
    starts = {"web": 0, "tablet": 4, "watch": 9}
    rows = [
        {"day": day, "platform": platform, "requests": 100.0 - 40 * at}
        for at, (platform, first) in enumerate(starts.items())
        for day in days[first:]
    ]
    fig = platform_chart(pd.DataFrame(rows), LIGHT)
    named = [note for note in fig.layout.annotations if "first seen" in str(note.text)]
    assert [note.text for note in named] == ["“tablet”<br>first seen", "“watch”<br>first seen"]
    assert all(pd.Timestamp(note.ax) == pd.Timestamp(note.x) for note in named)
    assert 100.0 < named[0].ay < named[1].ay < fig.layout.yaxis.range[1]
    assert [note.xanchor for note in named] == ["center", "right"]
    # names beside the last day would stretch an axis left to itself by half on a phone
    assert [pd.Timestamp(end) for end in fig.layout.xaxis.range] == [days[0], days[-1]]


def test_labels_of_lines_that_end_near_each_other_keep_apart_in_their_order() -> None:
    places = apart({"web": 140.0, "ios": 62.0, "android": 60.0, "tablet": 1.0}, least=10.0)
    assert places == {"web": 140.0, "ios": 70.0, "android": 60.0, "tablet": 5.0}
