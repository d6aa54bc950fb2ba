"""How much of a service's error budget is left, how fast does it burn, and who was called when?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import onset_words, queries_services, service_words
from dashboards.charts_budget import burn_chart
from dashboards.deep_links import link_to
from dashboards.page_parts import Hub, chart_when_opened, local_times, table_when_opened
from dashboards.wording import count, plain

MOST_EPISODES = 3
LOOK_BACK = pd.Timedelta(hours=24)
NO_OBJECTIVE = (
    "No objective is set for {shown}. Add one under `slos:` of hub.yml, for example "
    "`- {{service: {service}, objective: 0.995, window_days: 28}}`, then `bellwether run`."
)
SOURCE = (
    "The budget is 1 minus the objective, over the days of the window that have log lines. A page "
    "is due when 1 hour and 5 minutes both burn over 14.4 times the allowed rate, or 6 hours and "
    "30 minutes over 6 times; a ticket when 3 days and 6 hours do over 1 time (Google, Site "
    "Reliability Workbook, table 5-8). `least_requests` of hub.yml guards quiet services."
)


def budget(
    hub: Hub, service: str, slo: pd.DataFrame, onsets: pd.DataFrame, *, first: Any, last: Any
) -> None:
    """Budget and burn of one service from `first` to `last` day, with its alerts."""
    st.subheader("Is the error budget kept, and who had to be called?")
    mine = slo[(slo["service"] == service) & slo["budget_left"].notna()]
    if mine.empty:
        named = service.replace("`", "")
        st.caption(NO_OBJECTIVE.format(shown=plain(service), service=named))
    else:
        _of(hub, service, mine, onsets, first, last)
    others = slo[slo["service"] != service]
    if len(others):
        table_when_opened(
            f"Budgets of {count(len(others), 'other service')}",
            others,
            key="service_health_budgets",
        )


def _of(
    hub: Hub, service: str, mine: pd.DataFrame, onsets: pd.DataFrame, first: Any, last: Any
) -> None:
    for _, row in mine.iterrows():
        st.markdown(plain(service_words.budget(row, hub.zone)))
    rules = queries_services.burn_rules(hub.build, service)
    lines = [f"- {_bold(service_words.rule_now(row))}" for _, row in rules.iterrows()]
    st.markdown("Where the data end:\n\n" + "\n".join(lines))
    days = queries_services.budget_days(hub.build, service)
    days = days[days["day"].between(pd.Timestamp(first), pd.Timestamp(last))]
    moments = ["started_at", "ended_at", "last_fired_at", "peak_at"]
    alerts = local_times(queries_services.alerts(hub.build, service), moments, hub.zone)
    began, ended, fired = (
        alerts[name].dt.tz_localize(None) for name in ("started_at", "ended_at", "last_fired_at")
    )
    is_shown = (began < pd.Timestamp(last) + pd.Timedelta(days=1)) & (
        ended.isna() | (ended >= pd.Timestamp(first))
    )
    shown = alerts[is_shown]
    _episodes(shown, hub)
    _why(service, shown.assign(started_at=began, last_fired_at=fired), onsets)
    if days[["budget_left", "burn_rate"]].isna().all(axis=None):
        return
    chart_when_opened(
        lambda: burn_chart(days, shown.assign(started_at=began, ended_at=ended), hub.theme),
        label="budget left and burn rate",
        key="service_health_burn",
        alt=f"Error budget left and burn rate of {service} by day, with alerts",
        how_to_read=(
            "Above: 100 % is no error in the window, below zero more than was allowed; a line "
            "at −100 % stands for that or less. Below: a bar above 1 spends faster than the "
            "objective allows. Marks: from when to when an alert fired. Hatched: no log line "
            "arrived, which neither spends nor saves. Dotted to an open point, and a hatched bar: "
            "a day that is not over."
        ),
        definition=SOURCE,
        table=days.drop(columns=["service"]),
    )


def _bold(text: str) -> str:
    """The words made safe, but for the bold at their beginning."""
    if not text.startswith("**"):
        return plain(text)
    name, _, rest = text.removeprefix("**").partition("**")
    return f"**{plain(name)}**{plain(rest)}"


def _episodes(alerts: pd.DataFrame, hub: Hub) -> None:
    if alerts.empty:
        st.markdown("No burn-rate alert fired in the period.")
        return
    told = [
        f"- {plain(service_words.episode(row, hub.zone))}"
        for _, row in alerts.head(MOST_EPISODES).iterrows()
    ]
    st.markdown(f"{count(len(alerts), 'alert')} in the period, newest first:\n\n" + "\n".join(told))
    table_when_opened(
        "All alerts of the period", alerts.drop(columns=["service"]), key="service_health_alerts"
    )


def _why(service: str, alerts: pd.DataFrame, onsets: pd.DataFrame) -> None:
    """Links to the lasting changes that began shortly before an alert or while it fired."""
    at = pd.to_datetime(onsets["onset_at"])
    named: list[str] = []
    for _, alert in alerts.iterrows():
        during = (at >= alert["started_at"] - LOOK_BACK) & (at <= alert["last_fired_at"])
        named += [onset_words.name(row) for _, row in onsets[during].iterrows()]
    for name in list(dict.fromkeys(named))[:MOST_EPISODES]:
        link_to("service_health", f"Since when, and why: {name}", service=service, change=name)
