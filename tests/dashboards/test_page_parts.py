"""Is a downloaded table safe to open, and are times on the hub's clock?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from dashboards.page_parts import csv, local_times


def test_text_that_looks_like_a_formula_is_quoted_and_numbers_are_not() -> None:
    table = pd.DataFrame({"pattern": ["=1+1", "@cmd", "plain"], "value": [-1.5, 2.0, None]})
    lines = csv(table).decode("utf-8-sig").splitlines()
    assert lines == ["pattern,value", "'=1+1,-1.5", "'@cmd,2.0", "plain,"]


def test_times_are_shown_on_the_hubs_clock() -> None:
    table = pd.DataFrame({"at": pd.to_datetime(["2025-07-01 22:30"], utc=True)})
    shown = local_times(table, ["at"], ZoneInfo("Europe/Berlin"))
    assert str(shown["at"].iloc[0]) == "2025-07-02 00:30:00+02:00"
