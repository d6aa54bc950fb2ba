"""Does the chart of callers name a new value without covering the lines of others?"""

from __future__ import annotations

import pandas as pd

from dashboards.charts_service import platform_chart
from dashboards.tokens import LIGHT


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
    assert [note.text for note in named] == ["“tablet” first seen", "“watch” first seen"]
    assert all(pd.Timestamp(note.ax) == pd.Timestamp(note.x) for note in named)
    assert 100.0 < named[0].ay < named[1].ay < fig.layout.yaxis.range[1]
    assert [note.xanchor for note in named] == ["center", "right"]
