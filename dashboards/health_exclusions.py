"""Which delivered order lines count in no KPI, and by which rule?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.page_parts import Hub, show_table
from dashboards.queries import read
from dashboards.wording import amount, count, day_name, is_missing, plain
from hub.warehouse import PublishedBuild

MOST_TOLD = 4
BY = {
    "rule": "left out by the rule {}",
    "repeated": "delivered again in {}",
    "changed": "replaced by what {} says of them",
    "no_rate": "without a rate for {}",
}


def exclusions(build: PublishedBuild) -> pd.DataFrame:
    """One row per source, reason and currency of lines that do not count, most lines first."""
    return read(
        build,
        """
        select * from marts.mart_data_health_exclusions
        order by order_lines desc, source, excluded_as, excluded_by, currency
        """,
    )


def left_out(hub: Hub) -> None:
    """What of the sales was loaded and yet counts in no number."""
    st.subheader("What was loaded and does not count?")
    rows = exclusions(hub.build)
    if rows.empty:
        st.caption("Every order line that was loaded counts in the KPIs.")
        return
    lines = "\n".join(f"- {plain(sentence(row))}" for _, row in rows.head(MOST_TOLD).iterrows())
    total = count(int(rows["order_lines"].sum()), "order line")
    st.markdown(f"{total} in all; rules and rates are set in hub.yml:\n\n{lines}")
    show_table(rows, key="data_health_exclusions")


def sentence(row: Any) -> str:
    """`12 order lines of orders, 340 €, 1 Mar 2025 to 3 Mar 2025: left out by the rule tests`."""
    worth = "" if is_missing(row["amount"]) else f", {amount(row['amount'], row['currency'])}"
    days = f"{day_name(row['first_day'])} to {day_name(row['last_day'])}"
    reason = BY.get(str(row["excluded_as"]), f"{row['excluded_as']}: {{}}")
    lines = count(int(row["order_lines"]), "order line")
    return f"{lines} of {row['source']}{worth}, {days}: {reason.format(row['excluded_by'])}"
