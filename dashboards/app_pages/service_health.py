"""Do the services answer, quickly, without errors and as designed; and since when not?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import onset_words, queries, queries_changes, service_sections
from dashboards.onset_sections import ongoing, since_when
from dashboards.page_parts import answer, begin, missing
from dashboards.wording import amount, count, day_name, plain, share

SPANS = {"2 weeks": 14, "3 months": 92, "1 year": 366, "all": None}
HOURLY_UP_TO_DAYS = 14


def main() -> None:
    hub = begin("Do the services answer, quickly and without errors?")
    services = queries.services(hub.build)
    if not services:
        missing(hub, "No service has been heard of yet.", "service_logs")
        return
    worse = [name for name in queries_changes.worsened(hub.build) if name in services]
    services = list(dict.fromkeys([*worse, *services]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        service = str(
            st.selectbox("Service", services, key="service", bind="query-params", width=180)
        )
        onsets = queries_changes.onsets(hub.build, service)
        changes = {onset_words.name(row): row for _, row in onsets.iterrows()}
        change = st.selectbox(
            "Lasting change",
            list(changes) or ["none found"],
            key="change",
            bind="query-params",
            width=270,
        )
        span = st.segmented_control(
            "Span", list(SPANS), default="3 months", required=True, key="since", bind="query-params"
        )
    days = queries.service_rows(hub.build, "mart_service_days", service)
    last = pd.Timestamp(days["day"].max())
    width = SPANS[str(span)]
    since = last - pd.Timedelta(days=width - 1) if width else pd.Timestamp(days["day"].min())
    recent = days[days["day"] >= since]
    slo = queries.service_slo(hub.build)
    answer(plain(_sentence(service, recent, slo, ongoing(onsets))))
    since_when(hub, service, changes.get(str(change)))
    deploys = service_sections.deploys_of(hub, service)
    service_sections.red(
        hub,
        service,
        recent,
        since=since,
        deploys=deploys,
        onsets=onsets,
        by_hour=width == HOURLY_UP_TO_DAYS,
    )
    service_sections.budget(hub, slo)
    service_sections.answers(hub, service, days, deploys)
    service_sections.versions(hub, service)
    service_sections.errors(hub, service)


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
