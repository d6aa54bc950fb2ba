"""What does *Service health* show of one service: traffic, budget, answers, versions, errors?"""

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
    versions_chart,
)
from dashboards.page_parts import Hub, chart, local_times, show_table
from dashboards.wording import amount, count, day_name, joined, plain

SILENCE = "Hatched: no log line arrived, so nothing is known; it is neither zero nor uptime."


def deploys_of(hub: Hub, service: str) -> pd.DataFrame:
    """Versions as the logs show them, and releases that name the service."""
    versions = queries.service_rows(hub.build, "mart_service_versions", service)
    seen = versions[versions["previous_version"].notna()]
    local = pd.to_datetime(seen["first_seen"], utc=True).dt.tz_convert(hub.zone)
    found = seen.assign(model=service, released_on=local.dt.tz_localize(None).dt.normalize())
    releases = queries.releases(hub.build)
    named = releases[(releases["model"] == service) & found.empty]
    return release_events(pd.concat([found, named]) if len(named) else found)


def red(
    hub: Hub,
    service: str,
    days: pd.DataFrame,
    *,
    since: Any,
    deploys: pd.DataFrame,
    onsets: pd.DataFrame,
    by_hour: bool,
) -> None:
    """Requests, errors and duration, with deploys and where lasting changes began."""
    st.subheader("Traffic, errors, latency")
    every, column, rows = "day", "day", days
    if by_hour:
        hours = queries.service_rows(hub.build, "mart_service_hours", service, since=since)
        hours = hours[hours["local_day"] <= days["day"].max()]
        every, column, rows = "hour", "hour_start", local_times(hours, ["hour_start"], hub.zone)
    chart(
        red_chart(rows, hub.theme, column=column, every=every, deploys=deploys, onsets=onsets),
        key="service_health_red",
        alt=f"Requests, errors and latency of {service} by {every}",
        how_to_read=(
            f"{SILENCE} Dashed lines: a version was first seen; a triangle that points left is a "
            "rollback to an earlier one. Bands: a lasting change began there. p95: 95 of 100 "
            "requests were at least this quick."
        ),
        definition="An error is an answer with a status of 500 or above.",
        table=rows,
    )


def budget(hub: Hub, slo: pd.DataFrame) -> None:
    """What is left of the error budget of every service with an objective."""
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


def answers(hub: Hub, service: str, days: pd.DataFrame, deploys: pd.DataFrame) -> None:
    """Whether what was asked for was served and seen, and who asks."""
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
                f"All days are shown, whatever the period above. {SILENCE}"
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


def versions(hub: Hub, service: str) -> None:
    """The versions of a service beside one another, each against the one before."""
    st.subheader("Did a version make it worse?")
    rows = queries.service_rows(hub.build, "mart_service_versions", service)
    rows = local_times(rows, ["first_seen", "last_seen"], hub.zone)
    chart(
        versions_chart(rows, hub.theme),
        key="service_health_versions",
        alt=f"Error ratio and latency of {service} by version",
        how_to_read=(
            "One mark is one version while it ran, newest at the right; a triangle that points "
            "left is a rollback. A short run has few requests, so its ratio is rough."
        ),
        table=rows,
    )


def errors(hub: Hub, service: str) -> None:
    """Which errors come back, and the one that was first seen last."""
    st.subheader("Which errors come back?")
    rows = queries.service_rows(hub.build, "mart_service_errors", service)
    if rows.empty:
        st.caption("No error has been logged.")
        return
    rows = local_times(rows, ["first_seen", "last_seen"], hub.zone)
    newest = rows.sort_values("first_seen").iloc[-1]
    st.markdown(
        plain(
            f"Newest of {count(len(rows), 'pattern')}: “{newest['pattern']}” (status "
            f"{newest['status']}), first seen {day_name(newest['first_seen'])} in version "
            f"{newest['example_version']}, {count(int(newest['requests']), 'request')} so far."
        )
    )
    first = ["pattern", "status", "requests", "first_seen", "last_seen"]
    order = [*first, *(each for each in rows.columns if each not in first)]
    show_table(rows[order], key="service_health_errors")
