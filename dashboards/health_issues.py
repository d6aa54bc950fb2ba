"""Which delivered issues do not count, or count in no sprint, and why?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.page_parts import Hub, show_table
from dashboards.queries import read
from dashboards.wording import count, plain
from hub.warehouse import PublishedBuild

MOST_TOLD = 4


def issues(build: PublishedBuild) -> pd.DataFrame:
    """One row per source and reason for which issues do not count, most issues first."""
    return read(
        build,
        """
        select * from marts.mart_data_health_issues
        order by issues desc, source, excluded_as, excluded_by
        """,
    )


def issues_left_out(hub: Hub) -> None:
    """What of the issues was loaded and does not count; nothing where all of them do."""
    rows = issues(hub.build)
    if rows.empty:
        return
    st.subheader("Which issues do not count?")
    told = (plain(sentence(row)) for _, row in rows.head(MOST_TOLD).iterrows())
    st.markdown("\n".join(f"- {each}" for each in told))
    show_table(rows, key="data_health_issues")


def sentence(row: Any) -> str:
    """`2 issues of desk, such as PAY-1, are left out: tracker has issues of the same keys, …`"""
    n = int(row["issues"])
    example = row["example_issue"]
    who = f"{count(n, 'issue')} of {row['source']}, {example if n == 1 else f'such as {example}'},"
    verb, whose = ("is", "its key") if n == 1 else ("are", "their keys")
    if row["excluded_as"] == "other_source":
        return (
            f"{who} {verb} left out: {row['excluded_by']} delivers {whose} too, updated later. "
            "Two trackers that number a project alike cannot be told apart."
        )
    counts = "counts" if n == 1 else "count"
    return (
        f"{who} {counts} in no sprint called {row['excluded_by']}: several are, and what was "
        "loaded tells no id. A new export from the REST interface (JSON) does."
    )
