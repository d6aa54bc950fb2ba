"""Do the services answer, quickly, without errors and as designed; and since when not?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import (
    address,
    budget_sections,
    capacity_sections,
    onset_words,
    queries,
    queries_changes,
    service_sections,
    version_sections,
)
from dashboards.onset_sections import ongoing, since_when
from dashboards.page_parts import answer, begin, missing
from dashboards.view_bar import by_days, nothing_then, shown_days, view_bar, within
from dashboards.wording import amount, count, day_name, plain, share

HOURLY_UP_TO_DAYS = 14
NOTE = (
    "days are days (hours up to two weeks), errors are judged by the objective, and logs know no "
    "country or channel."
)


def main() -> None:
    hub = begin("Do the services answer, quickly and without errors?")
    services = queries.services(hub.build)
    if not services:
        missing(hub, "No service has been heard of yet.", "service_logs")
        return
    worse = [name for name in queries_changes.worsened(hub.build) if name in services]
    services = list(dict.fromkeys([*worse, *services]))
    view = view_bar(by_days(queries.days_of(hub.build, "mart_service_days"), note=NOTE))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        service = address.select("Service", services, key="service", width=180)
        onsets = queries_changes.onsets(hub.build, service)
        changes = {onset_words.name(row): row for _, row in onsets.iterrows()}
        change = address.select(
            "Lasting change", list(changes) or ["none found"], key="change", width=270
        )
    days = queries.service_rows(hub.build, "mart_service_days", service)
    span = shown_days(view, first=days["day"].min(), last=days["day"].max())
    recent = within(days, "day", span)
    if recent.empty:
        nothing_then(service, span)
        return
    slo = queries.service_slo(hub.build)
    answer(plain(_sentence(service, recent, slo, ongoing(onsets))))
    since_when(hub, service, changes.get(change))
    deploys = service_sections.deploys_of(hub, service)
    by_hour = len(recent) <= HOURLY_UP_TO_DAYS
    service_sections.red(
        hub,
        service,
        recent,
        since=span.first,
        deploys=deploys,
        onsets=onsets,
        by_hour=by_hour,
    )
    capacity_sections.capacity(hub, service, first=span.first, last=span.last, by_hour=by_hour)
    budget_sections.budget(hub, service, slo, onsets, first=span.first, last=span.last)
    service_sections.answers(hub, service, days, deploys)
    service_sections.callers(hub, service)
    version_sections.versions(hub, service, first=span.first, last=span.last)
    version_sections.errors(hub, service)


def _sentence(service: str, days: pd.DataFrame, slo: pd.DataFrame, worse: str) -> str:
    requests, errors = days["requests"].sum(), days["errors"].sum()
    silent = int((~days["has_data"].astype(bool)).sum())
    if not requests:
        return f"{service} left no log line in this span."
    said = (
        f"{service} answered {amount(1 - errors / requests, 'ratio')} of "
        f"{count(requests, 'request')} without an error since {day_name(days['day'].min())}"
    )
    mine = slo[slo["service"] == service]
    if len(mine) and pd.notna(mine["budget_left"].iloc[0]):
        left = float(mine["budget_left"].iloc[0])
        window = count(int(mine["window_days"].iloc[0]), "day")
        said += (
            f"; {share(left)} of its error budget of {window} is left"
            if left >= 0
            else f"; its error budget of {window} is overspent by {share(-left)}"
        )
    if silent:
        said += f"; {count(silent, 'day')} without any log line"
    return f"{said}. {worse[0].upper()}{worse[1:]}." if worse else f"{said}."


main()
