"""What does *Success metrics* show of customers who come back, and of sessions that order?"""

from __future__ import annotations

import streamlit as st

from dashboards import queries, queries_company, success_words
from dashboards.charts_cohorts import MOST_COHORTS, cohort_chart, cohort_table
from dashboards.page_parts import Hub, chart_when_opened, missing
from dashboards.wording import plain


def who_comes_back(hub: Hub, *, of: str = "") -> None:
    """A heat map of customers by the month of their first order.

    `of` as of `success_words.of_whole`.
    """
    st.subheader(f"Do customers{of} come back?")
    cells = queries_company.cohorts(hub.build)
    if cohort_table(cells, "retention").empty:
        missing(
            hub,
            "No month after the first one with orders of known customers is over yet, so that "
            "nobody could come back. It takes sales that name a customer.",
            "sales",
        )
        return
    st.markdown(plain(success_words.cohorts_sentence(cells)))
    chart_when_opened(
        lambda: cohort_chart(cells, hub.theme),
        label="customers by the month of their first order",
        key="success_metrics_cohorts",
        invalid=queries.invalid(hub.build, "metric", ["cohort_retention"]),
        alt="Share of customers by month of their first order who ordered in the months after",
        how_to_read=(
            "A row is the customers whose first order fell into that month; a cell the share of "
            "them who ordered in the month so many months later, each month by itself. Empty: "
            f"that month is not over. The newest {MOST_COHORTS} months; all are in the table."
        ),
        definition=(
            "Known customers only. Those of the first months of the data may have bought before "
            "the data begin."
        ),
        table=cells,
    )


def conversion_state(hub: Hub, known: set[str]) -> None:
    """Why there is no conversion rate, where there is none, and what would bring it."""
    if "conversion_rate" in known:
        return
    with st.expander("Conversion rate: not known"):
        missing(
            hub,
            "A conversion rate takes sessions: what people did in the shop, whether they bought "
            "or not.",
            "events",
        )
