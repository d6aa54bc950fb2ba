"""How does work flow: what gets done, how long does it take, when is it done, what came of it?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import (
    address,
    delivery_sections,
    dora_sections,
    dora_words,
    queries,
    queries_delivery,
)
from dashboards.page_parts import answer, begin, missing
from dashboards.period_sections import compare
from dashboards.view import COMPARISONS, Named
from dashboards.view_bar import by_days, nothing_then, shown_days, view_bar, within
from dashboards.wording import count, period_name, plain

PAGE = "delivery"
NOTE = (
    "Flow and times are by grain; forecast, sprints and deployments are by what they are planned "
    "in, and DORA's five by month. A week or month that is not over is hatched."
)
COMPARED = ("throughput", "created_issues", "open_items", "cycle_time_days_p50")


def main() -> None:
    hub = begin("How does work flow?")
    every = queries.delivery_weeks(hub.build)
    if every.empty:
        missing(hub, "No issue has been delivered.", "jira")
        dora_sections.five(hub, queries_delivery.EVERY_COMPONENT)
        return
    known = every["week_start"].min(), every["week_start"].max()
    view = view_bar(
        by_days(
            known,
            note=NOTE,
            usual=Named.YEAR,
            grains=("week", "month"),
            comparisons=tuple(COMPARISONS),
            own={"segment": "the project"},
        )
    )
    project = address.select("Project", list(dict.fromkeys(every["project"])), key="project")
    mine = every[every["project"] == project]
    span = shown_days(view, first=known[0], last=known[1])
    weeks = within(mine, "week_start", span)
    if weeks.empty:
        nothing_then(project, span)
        return
    items = queries.delivery_open_items(hub.build)
    items = items[items["project"] == project]
    answer(plain(_sentence(project, mine, items)))
    rough = dora_words.approximate(weeks)
    if rough:
        st.warning(f"**Approximate:** {plain(rough)}", icon=":material/straighten:")
    compare(hub, project, COMPARED, view, span, page=PAGE)
    flow = weeks
    if view.grain == "month":
        flow = within(queries_delivery.flow_months(hub.build, project), "month_start", span)
    delivery_sections.flow(hub.theme, flow, every=view.grain)
    delivery_sections.forecast(hub, project)
    delivery_sections.times(hub.theme, weeks, flow, every=view.grain)
    dora_sections.every_item(hub, project)
    delivery_sections.open_items(hub.theme, items)
    dora_sections.sprints(hub, project)
    dora_sections.five(hub, project, weeks)
    delivery_sections.released_work(hub, project)
    dora_sections.released_items(hub, project)


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
        rough = ""
        if last["is_approximate"]:
            of = f"{int(last['n_approximate'])} of {int(last['n_finished_with_cycle'])}"
            rough = f" (approximate: {of} without a history)"
        when = (
            ""
            if last["week_start"] == week["week_start"]
            else (f" in the {period_name(last['week_start'], 'week')}")
        )
        said += f"; half of what was finished{when} took at most "
        said += f"{last['cycle_time_days_p50']:.1f} days{rough}"
    return said + "."


main()
