"""What does *Service health* show of one service: traffic, errors, latency, answers, callers?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import queries, queries_periods, queries_services, service_words
from dashboards.charts import release_events
from dashboards.charts_service import (
    ANSWER_SHARES,
    answers_chart,
    platform_chart,
    red_chart,
)
from dashboards.page_parts import (
    Hub,
    chart,
    chart_when_opened,
    local_times,
    table_when_opened,
)
from dashboards.view import Grain, Span
from dashboards.view_bar import none_begins, within
from dashboards.wording import amount, day_name, joined, plain

RED_STORED = {
    name: (name, "metric_value")
    for name in (
        "requests",
        "errors",
        "error_ratio",
        "latency_ms_p50",
        "latency_ms_p95",
        "latency_ms_p99",
    )
}
NO_LOGS = (
    "No log line of it arrived in the period above, so nothing is known; it is neither zero nor "
    "uptime."
)
SILENCE = (
    "Hatched: no log line arrived, so nothing is known; it is neither zero nor uptime. "
    "Dotted to an open point: not over yet."
)


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
    days_shown: Span,
    grain: Grain,
    deploys: pd.DataFrame,
    onsets: pd.DataFrame,
) -> None:
    """Requests, errors and duration, with deploys and where lasting changes began."""
    st.subheader("Traffic, errors, latency")
    st.markdown(plain(service_words.apdex(days)))
    column = {"hour": "hour_start", "day": "day"}.get(grain, "period_start")
    rows = days
    if grain == "hour":
        hours = queries.service_rows(
            hub.build, "mart_service_hours", service, since=days_shown.first
        )
        hours = hours[hours["local_day"] <= days["day"].max()]
        rows = local_times(hours, ["hour_start"], hub.zone)
    elif grain != "day":
        stored = queries_periods.wide(hub.build, service, RED_STORED, grain)
        rows = within(stored, "period_start", days_shown)
    if rows["requests"].isna().all():  # hatching alone is no chart
        has_none = rows.empty and grain in ("week", "month")
        st.caption(none_begins(grain) if has_none else NO_LOGS)
        return
    chart(
        red_chart(rows, hub.theme, column=column, every=grain, deploys=deploys, onsets=onsets),
        key="service_health_red",
        alt=f"Requests, errors and latency of {service} by {grain}",
        how_to_read=(
            f"{SILENCE} Triangles, with dashed lines where they are few: a version was first seen; "
            "one that points left is a rollback to an earlier one. Bands: a lasting change began "
            "there. p95: 95 of 100 requests were at least this quick."
        ),
        definition=(
            "An error is an answer with a status of 500 or above. Apdex: requests answered without "
            "an error within T, and half of those within 4 T, as a share of all; T is `apdex_ms` "
            "of the service in hub.yml, else 500 ms."
        ),
        table=rows,
    )


def answers(hub: Hub, service: str, days: pd.DataFrame, deploys: pd.DataFrame) -> None:
    """Whether what was asked for was served and seen, and who asks."""
    if days[list(ANSWER_SHARES)].notna().any().any():
        st.subheader("Does it answer as designed?")
        st.markdown(plain(_answers_now(days)))
        known = [each for each in ANSWER_SHARES if days[each].notna().any()]
        of = joined([each.removesuffix("_ratio") for each in known])
        half = ": rendered at 50 % says that users see half of what the model returned"
        half = half if "rendered_ratio" in known else ""
        chart_when_opened(
            lambda: answers_chart(days, hub.theme, deploys=deploys),
            label=f"{of} answers, by day",
            key="service_health_answers",
            alt=f"Shares of {of} answers of {service}",
            how_to_read=(
                "A step that stays means the page or the service has changed since that day"
                f"{half}. "
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
    chart_when_opened(
        lambda: platform_chart(platforms, hub.theme),
        label="requests by platform",
        key="service_health_platforms",
        alt=f"Requests of {service} by platform",
        how_to_read=(
            "A line that starts late is a value that nobody sent before; models that learned "
            "without it may treat it as unknown."
        ),
        table=platforms,
    )


def callers(hub: Hub, service: str) -> None:
    """Who asks, and how each version of the models answered."""
    rows = queries_services.callers(hub.build, service)
    if len(rows):
        st.markdown(plain(service_words.who_asks(rows)))
        if not rows["is_named"].all():
            st.caption(
                "A caller may be an address or a person and is shown as a hash. Name those "
                "that may be shown under `callers:` of the source in hub.yml."
            )
        table = local_times(rows, ["first_seen", "last_seen"], hub.zone)
        table_when_opened(
            f"Callers of {plain(service)}",
            table.drop(columns=["service"]),
            key="service_health_callers",
        )
    else:
        st.caption(
            "Log lines name no caller. A field `caller`, `client` or `consumer`, or one that "
            "`fields:` of the source in hub.yml maps to `caller`, adds it."
        )
    models = queries_services.models(hub.build, service)
    if len(models):
        table = local_times(models, ["first_seen"], hub.zone)
        table_when_opened(
            "Answers by model version", table.drop(columns=["service"]), key="service_health_models"
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
