"""Do the services answer, quickly, without errors and as designed; and since when not?"""

from __future__ import annotations

import streamlit as st

from dashboards import (
    address,
    budget_sections,
    capacity_sections,
    onset_words,
    queries,
    queries_changes,
    queries_periods,
    service_sections,
    service_words,
    version_sections,
)
from dashboards.onset_sections import ongoing, since_when
from dashboards.page_parts import answer, begin, missing
from dashboards.period_sections import compare
from dashboards.view import COMPARISONS
from dashboards.view_bar import by_days, nothing_then, shown_days, view_bar, within
from dashboards.wording import plain

PAGE = "service_health"
NOTE = (
    "The cards and the chart beneath them are by grain; budget and capacity by day, or by hour. A "
    "platform narrows the cards: errors and latency are not stored by platform, and logs know no "
    "country or channel."
)
COMPARED = ("requests", "error_ratio", "latency_ms_p95", "apdex", "rendered_ratio")
COMPARED_BY_PLATFORM = ("model_requests", "fallback_ratio", "empty_ratio", "rendered_ratio")


def main() -> None:
    hub = begin("Do the services answer, quickly and without errors?")
    services = queries.services(hub.build)
    if not services:
        missing(hub, "No service has been heard of yet.", "service_logs")
        return
    worse = [name for name in queries_changes.worsened(hub.build) if name in services]
    services = list(dict.fromkeys([*worse, *services]))
    view = view_bar(
        by_days(
            queries.days_of(hub.build, "mart_service_days"),
            note=NOTE,
            grains=("day", "hour", "week", "month"),
            comparisons=tuple(COMPARISONS),
            segments=queries_periods.segments(hub.build, "platform", "model_requests"),
            whole="All platforms",
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        service = address.select("Service", services, key="service", width=180)
        onsets = queries_changes.onsets(hub.build, service)
        changes = {onset_words.name(row): row for _, row in onsets.iterrows()}
        change = address.select(
            "Lasting change", list(changes) or ["none found"], key="change", width=360
        )
    days = queries.service_rows(hub.build, "mart_service_days", service)
    span = shown_days(view, first=days["day"].min(), last=days["day"].max())
    recent = within(days, "day", span)
    if recent.empty:
        nothing_then(service, span)
        return
    slo = queries.service_slo(hub.build)
    told = service_words.answered(
        service,
        recent,
        slo,
        zone=hub.zone,
        worse=ongoing(onsets, until=span.last),
        is_part=view.segment is not None,
    )
    answer(plain(told))
    since_when(hub, service, changes.get(change))
    deploys = service_sections.deploys_of(hub, service)
    compare(hub, service, COMPARED_BY_PLATFORM if view.segment else COMPARED, view, span, page=PAGE)
    if view.segment:
        st.caption(service_words.NOT_BY_PLATFORM)
    by_hour = view.grain == "hour"
    service_sections.red(
        hub, service, recent, days_shown=span, grain=view.grain, deploys=deploys, onsets=onsets
    )
    capacity_sections.capacity(hub, service, first=span.first, last=span.last, by_hour=by_hour)
    budget_sections.budget(hub, service, slo, onsets, first=span.first, last=span.last)
    service_sections.answers(hub, service, days, deploys)
    service_sections.callers(hub, service)
    version_sections.versions(hub, service, first=span.first, last=span.last)
    version_sections.errors(hub, service)


main()
