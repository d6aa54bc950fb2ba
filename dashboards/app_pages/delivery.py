"""How does work flow: what gets done, how long does it take, when is it done, what came of it?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import (
    address,
    delivery_sections,
    delivery_words,
    dora_sections,
    dora_words,
    queries,
    queries_delivery,
    work_sections,
)
from dashboards.page_parts import Hub, answer, begin, local_times, missing
from dashboards.period_sections import compare
from dashboards.view import COMPARISONS, Named
from dashboards.view_bar import by_days, nothing_then, shown_days, view_bar, whole, within
from dashboards.wording import plain

PAGE = "delivery"
NOTE = (
    "The first sentence, flow and times are of the period and by grain; what is open is as of the "
    "last known day, forecast, sprints and deployments are by what they are planned in, and "
    "DORA's five by month. A week or month that is not over is hatched."
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
    flow = weeks
    if view.grain == "month":
        flow = within(queries_delivery.flow_months(hub.build, project), "month_start", span)
    inside = whole(flow, f"{view.grain}_start", view.grain, span)
    told = delivery_words.now(project, inside, items, through=_through(hub), every=view.grain)
    answer(plain(told))
    rough = dora_words.approximate(weeks)
    if rough:
        st.warning(f"**Approximate:** {plain(rough)}", icon=":material/straighten:")
    times = {"cycle_time_days_p50": delivery_words.rough(flow, every=view.grain)}
    compare(hub, project, COMPARED, view, span, page=PAGE, rough=times)
    delivery_sections.flow(hub.theme, flow, every=view.grain)
    delivery_sections.forecast(hub, project)
    delivery_sections.times(hub.theme, weeks, flow, every=view.grain)
    dora_sections.every_item(hub, project)
    delivery_sections.open_items(hub.theme, items)
    dora_sections.sprints(hub, project)
    dora_sections.five(hub, project, weeks)
    work_sections.released_work(hub, project)


def _through(hub: Hub) -> Any:
    """The last known moment of the issues, on the hub's clock."""
    sources = local_times(queries.data_health(hub.build, "sources"), ["data_through"], hub.zone)
    return sources.loc[sources["kind"] == "jira", "data_through"].max()


main()
