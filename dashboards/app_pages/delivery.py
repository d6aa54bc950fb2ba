"""How does work flow: what gets done, how long does it take, what is open?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import queries
from dashboards.charts_delivery import (
    age_bands,
    age_chart,
    cycle_chart,
    deployments_chart,
    throughput_chart,
)
from dashboards.page_parts import answer, begin, chart, missing, show_table
from dashboards.tokens import Theme
from dashboards.wording import count, is_missing, period_name, plain

SPANS = {"6 months": 26, "1 year": 53, "all": None}
ROUGH = (
    "**Approximate:** the export has no history of status changes, so the time from creation to "
    "completion stands in for the cycle time."
)


def main() -> None:
    hub = begin("How does work flow?")
    every = queries.delivery_weeks(hub.build)
    if every.empty:
        missing(hub, "No issue has been delivered.", "jira")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        projects = list(dict.fromkeys(every["project"]))
        project = st.selectbox("Project", projects, key="project", bind="query-params", width=260)
        span = st.segmented_control(
            "Span", list(SPANS), default="1 year", required=True, key="weeks", bind="query-params"
        )
    mine = every[every["project"] == project]
    weeks = mine.tail(SPANS[str(span)] or len(mine))
    items = queries.delivery_open_items(hub.build)
    items = items[items["project"] == project]
    answer(plain(_sentence(str(project), mine, items)))
    is_rough = bool(weeks["is_approximate"].fillna(False).astype(bool).any())
    if is_rough:
        st.warning(ROUGH, icon=":material/straighten:")
    _flow(hub.theme, weeks)
    _times(hub.theme, weeks, is_rough=is_rough)
    _open(hub.theme, items)
    _deployments(hub.theme, weeks)


def _sentence(project: str, weeks: pd.DataFrame, items: pd.DataFrame) -> str:
    complete = weeks[weeks["is_complete"].astype(bool)]
    if complete.empty:
        return f"{project} has no complete week yet; {count(len(items), 'item')} are open."
    week = complete.iloc[-1]
    said = (
        f"{project} finished {count(int(week['finished']), 'item')} in the "
        f"{period_name(week['week_start'], 'week')} and has {count(len(items), 'item')} open"
    )
    known = complete.dropna(subset=["cycle_time_days_p50"])
    if len(known):
        last = known.iloc[-1]
        rough = " (approximate)" if last["is_approximate"] else ""
        when = (
            ""
            if last["week_start"] == week["week_start"]
            else (f" in the {period_name(last['week_start'], 'week')}")
        )
        said += f"; half of what was finished{when} took at most "
        said += f"{last['cycle_time_days_p50']:.1f} days{rough}"
    return said + "."


def _flow(theme: Theme, weeks: pd.DataFrame) -> None:
    st.subheader("What gets done?")
    chart(
        throughput_chart(weeks, theme),
        key="delivery_flow",
        alt="Items finished and created a week, and what is open",
        how_to_read=(
            "Bars: finished. Dashed: created; where it stays above the bars, the pile below "
            "grows. A hatched bar is a week that is not over."
        ),
        definition="Finished: the last entry to a status of the category Done with none later.",
        table=weeks,
    )


def _times(theme: Theme, weeks: pd.DataFrame, *, is_rough: bool) -> None:
    st.subheader("How long does it take?" + (" (approximate)" if is_rough else ""))
    if weeks.loc[weeks["is_complete"].astype(bool), "cycle_time_days_p50"].isna().all():
        st.caption("Nothing was finished in this span.")
        return
    chart(
        cycle_chart(weeks, theme),
        key="delivery_cycle",
        alt="Cycle time percentiles by week",
        how_to_read=(
            "Weeks with nothing finished are gaps, the week that is not over is left out. Open "
            "circles are approximate. Weeks are not averaged: percentiles do not add up."
        ),
        definition="From the first entry to In Progress to the last entry to Done, in days.",
        table=weeks[
            [
                "week_start",
                "cycle_time_days_p50",
                "cycle_time_days_p85",
                "n_finished_with_cycle",
                "is_approximate",
            ]
        ],
    )


def _open(theme: Theme, items: pd.DataFrame) -> None:
    st.subheader("How old is what is open?")
    if items.empty:
        st.caption("Nothing is open.")
        return
    bands = age_bands(items)
    chart(
        age_chart(bands, theme),
        key="delivery_open",
        alt="Open items by age and status category",
        how_to_read="Age counts from creation to the last known moment of the issues.",
        table=bands,
    )
    with st.expander("Every open item"):
        show_table(items, key="delivery_open_items")


def _deployments(theme: Theme, weeks: pd.DataFrame) -> None:
    st.subheader("How often is it deployed?")
    known = weeks.dropna(subset=["deployments"])
    if known.empty or is_missing(known["deployments"].iloc[0]):
        st.caption("Not known: no issue of this project names a released component as fix version.")
        return
    chart(
        deployments_chart(known, theme),
        key="delivery_deployments",
        alt="Deployments a week",
        how_to_read="Production releases of the components that the project's issues name.",
        table=known[["week_start", "deployments", "is_complete"]],
    )


main()
