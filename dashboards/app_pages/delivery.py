"""How does work flow: what gets done, how long does it take, when is it done, what came of it?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import delivery_sections, queries
from dashboards.page_parts import answer, begin, missing
from dashboards.wording import count, period_name, plain

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
    delivery_sections.flow(hub.theme, weeks)
    delivery_sections.forecast(hub, str(project))
    delivery_sections.times(hub.theme, weeks, is_rough=is_rough)
    delivery_sections.open_items(hub.theme, items)
    delivery_sections.deployments(hub.theme, weeks)
    delivery_sections.released_work(hub, str(project))


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


main()
