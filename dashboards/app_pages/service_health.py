"""Do the services answer, quickly, without errors and as designed?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries
from dashboards.charts import release_events
from dashboards.charts_service import (
    ANSWER_SHARES,
    answers_chart,
    budget_chart,
    platform_chart,
    red_chart,
)
from dashboards.page_parts import Hub, answer, begin, chart, local_times, missing, show_table
from dashboards.wording import amount, count, day_name, joined, plain, share

SPANS = {"2 weeks": 14, "3 months": 92, "1 year": 366, "all": None}
HOURLY_UP_TO_DAYS = 14
SILENCE = "Hatched: no log line arrived, so nothing is known; it is neither zero nor uptime."


def main() -> None:
    hub = begin("Do the services answer, quickly and without errors?")
    services = queries.services(hub.build)
    if not services:
        missing(hub, "No service has been heard of yet.", "service_logs")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        service = str(
            st.selectbox("Service", services, key="service", bind="query-params", width=260)
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
    answer(plain(_sentence(service, recent, slo)))
    deploys = _deploys(hub, service)
    _red(hub, service, recent, since=since, deploys=deploys, by_hour=width == HOURLY_UP_TO_DAYS)
    _budget(hub, slo)
    _answers(hub, service, days, deploys)
    _tables(hub, service)


def _sentence(service: str, days: pd.DataFrame, slo: pd.DataFrame) -> str:
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
    return said + "."


def _deploys(hub: Hub, service: str) -> pd.DataFrame:
    """Versions as the logs show them, and releases that name the service."""
    versions = queries.service_rows(hub.build, "mart_service_versions", service)
    seen = versions[versions["previous_version"].notna()]
    local = pd.to_datetime(seen["first_seen"], utc=True).dt.tz_convert(hub.zone)
    found = seen.assign(model=service, released_on=local.dt.tz_localize(None).dt.normalize())
    releases = queries.releases(hub.build)
    named = releases[(releases["model"] == service) & found.empty]
    return release_events(pd.concat([found, named]) if len(named) else found)


def _red(
    hub: Hub, service: str, days: pd.DataFrame, *, since: Any, deploys: pd.DataFrame, by_hour: bool
) -> None:
    st.subheader("Traffic, errors, latency")
    every, column, rows = "day", "day", days
    if by_hour:
        hours = queries.service_rows(hub.build, "mart_service_hours", service, since=since)
        every, column, rows = "hour", "hour_start", local_times(hours, ["hour_start"], hub.zone)
    chart(
        red_chart(rows, hub.theme, column=column, every=every, deploys=deploys),
        key="service_health_red",
        alt=f"Requests, errors and latency of {service} by {every}",
        how_to_read=(
            f"{SILENCE} Dashed lines: a version was first seen; a triangle that points left is a "
            "rollback to an earlier one. p95: 95 of 100 requests were at least this quick."
        ),
        definition="An error is an answer with a status of 500 or above.",
        table=rows,
    )


def _budget(hub: Hub, slo: pd.DataFrame) -> None:
    known = slo.dropna(subset=["budget_left"])
    st.subheader("How much of the error budgets is left?")
    if known.empty:
        st.caption(
            "No objective is set for a service with logs. Add one under `slos:` of hub.yml, for "
            "example `- {service: my-api, objective: 0.995, window_days: 28}`."
        )
        return
    chart(
        budget_chart(known, hub.theme),
        key="service_health_budget",
        alt="Error budget left by service",
        how_to_read="100 %: no error in the window. Hatched and below zero: more than was allowed.",
        definition="The budget is 1 minus the objective, over the window that ends with the data.",
        table=known,
    )


def _answers(hub: Hub, service: str, days: pd.DataFrame, deploys: pd.DataFrame) -> None:
    if days[list(ANSWER_SHARES)].notna().any().any():
        st.subheader("Does it answer as designed?")
        st.markdown(plain(_answers_now(days)))
        chart(
            answers_chart(days, hub.theme, deploys=deploys),
            key="service_health_answers",
            alt=f"Shares of rendered, fallback and empty answers of {service}",
            how_to_read=(
                "A step that stays means the page or the service has changed since that day: "
                "rendered at 50 % says that users see half of what the model returned. "
                f"All days are shown, whatever the span above. {SILENCE}"
            ),
            table=days[["day", *ANSWER_SHARES, "k_asked", "k_served", "k_rendered", "is_complete"]],
        )
    platforms = queries.service_rows(hub.build, "mart_service_platforms", service)
    if platforms.empty:
        return
    over = days.loc[days["is_complete"].astype(bool), "day"]
    platforms = platforms[platforms["day"].isin(over)]
    platforms = platforms.assign(platform=platforms["platform"].replace({"__null__": "not given"}))
    st.subheader("Who asks, and since when?")
    new = platforms.groupby("platform")["day"].min().sort_values()
    late = new[new > new.min()]
    if len(late):
        told = ", ".join(f"“{name}” since {day_name(day)}" for name, day in late.items())
        st.markdown(plain(f"New platform values: {told}."))
    chart(
        platform_chart(platforms, hub.theme),
        key="service_health_platforms",
        alt=f"Requests of {service} by platform",
        how_to_read=(
            "A line that starts late is a value that nobody sent before; models that learned "
            "without it may treat it as unknown."
        ),
        table=platforms,
    )


def _answers_now(days: pd.DataFrame) -> str:
    """The shares of the last complete day."""
    complete = days[days["is_complete"].astype(bool)].dropna(subset=["requests"])
    if complete.empty:
        return "No day is complete yet."
    row = complete.iloc[-1]
    said = [
        f"{words.lower()}: {amount(row[name], 'ratio', form='.1%')}"
        for name, words in ANSWER_SHARES.items()
        if pd.notna(row[name])
    ]
    return f"On {day_name(row['day'])} {joined(said) or 'nothing was told'}."


def _tables(hub: Hub, service: str) -> None:
    st.subheader("Which versions ran?")
    versions = queries.service_rows(hub.build, "mart_service_versions", service)
    show_table(
        local_times(versions, ["first_seen", "last_seen"], hub.zone), key="service_health_versions"
    )
    st.subheader("Which errors come back?")
    errors = queries.service_rows(hub.build, "mart_service_errors", service)
    if errors.empty:
        st.caption("No error has been logged.")
        return
    show_table(
        local_times(errors, ["first_seen", "last_seen"], hub.zone), key="service_health_errors"
    )


main()
