"""Did a version make a service worse, and which errors did it bring?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries, queries_services, service_words
from dashboards.charts_service import versions_chart
from dashboards.page_parts import (
    Hub,
    chart_when_opened,
    local_times,
    show_table,
    table_when_opened,
    when_opened,
)
from dashboards.wording import count, day_name, plain

COMPARED = 2
INTERVAL = (
    "Two error ratios are set side by side with the 95 % interval of Agresti and Caffo (2000) of "
    "their difference. Requests of one bad minute fail together, so it is rather too narrow; and "
    "other things than the version may have changed."
)


def versions(hub: Hub, service: str, *, first: Any, last: Any) -> None:
    """The versions of a service beside one another, each against the one before.

    In words: the newest, and those first seen from `first` to `last` day that were worse.
    """
    st.subheader("Did a version make it worse?")
    rows = queries.service_rows(hub.build, "mart_service_versions", service)
    if rows.empty:
        st.caption(
            "Log lines name no version. A field `version` or `release`, or one that `fields:` of "
            "the source in hub.yml maps to `version`, adds it."
        )
        return
    rows = local_times(rows, ["first_seen", "last_seen"], hub.zone)
    seen = rows["first_seen"].dt.tz_localize(None).dt.normalize()
    worse = (
        seen.between(pd.Timestamp(first), pd.Timestamp(last))
        & (rows["error_ratio_change_low"] > 0)
        & (rows["stint"] != rows["stint"].iloc[0])
    )
    told = [rows.iloc[0], *(row for _, row in rows[worse].head(COMPARED).iterrows())]
    st.markdown("\n".join(f"- {plain(service_words.comparison(row))}" for row in told))
    chart_when_opened(
        lambda: versions_chart(rows, hub.theme),
        label="error ratio and latency by version",
        key="service_health_versions",
        alt=f"Error ratio and latency of {service} by version",
        how_to_read=(
            "One mark is one version while it ran, newest at the right; a triangle that points "
            "left is a rollback. A short run has few requests, so its ratio is rough."
        ),
        definition=INTERVAL,
        table=rows.drop(columns=["service"]),
    )
    endpoints = queries_services.endpoints(hub.build, service)
    newest = list(dict.fromkeys(endpoints["version"]))[:COMPARED]
    if newest:
        shown = endpoints[endpoints["version"].isin(newest)]
        table = local_times(shown, ["first_seen", "last_seen"], hub.zone)
        table_when_opened(
            "Endpoints of the two newest versions",
            table.drop(columns=["service"]),
            key="service_health_endpoints",
        )
        when_opened(
            "Endpoints by day and version",
            lambda: show_table(
                queries_services.endpoint_days(hub.build, service),
                key="service_health_endpoint_days",
            ),
            key="service_health_endpoint_days",
        )


def errors(hub: Hub, service: str) -> None:
    """Which errors come back, the one that was first seen last, and what the version brought."""
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
            f"{newest['example_version']}, {count(int(newest['lines']), 'log line')} so far."
        )
    )
    by_version = queries_services.error_versions(hub.build, service)
    known = queries.service_rows(hub.build, "mart_service_versions", service)
    if len(known):
        st.markdown(plain(service_words.new_errors(by_version, str(known["version"].iloc[0]))))
    first = ["pattern", "status", "lines", "first_seen", "last_seen"]
    order = [*first, *(each for each in rows.columns if each not in first)]
    often = [f"- {plain(each)}" for each in service_words.most_frequent(rows)]
    st.markdown("Most frequent:\n\n" + "\n".join(often))
    table_when_opened("Every pattern", rows[order], key="service_health_errors")
    table = local_times(by_version, ["first_seen", "last_seen"], hub.zone)
    table_when_opened(
        "Errors by version", table.drop(columns=["service"]), key="service_health_error_versions"
    )
