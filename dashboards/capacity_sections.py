"""What carries a service's traffic, how often is it scaled, and what does an answer cost?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address, queries, queries_capacity
from dashboards.charts_capacity import capacity_chart, panels
from dashboards.page_parts import Hub, chart_when_opened, local_times
from dashboards.wording import amount, count, day_name, joined, plain

INCIDENTS = "Incidents"
NOT_GIVEN = (
    "No sample of instances or CPU and no bill is known of this service in the period. A source of "
    "kind `service_metrics` or `cost` adds them: name it in hub.yml, then run `bellwether run`."
)


def capacity(hub: Hub, service: str, *, first: Any, last: Any, by_hour: bool) -> None:
    """Traffic and latency beside instances, CPU and cost, from `first` to `last` day."""
    st.subheader("What carries the traffic, and at what cost?")
    logged = queries.service_rows(hub.build, "mart_service_days", service)
    unfinished = logged.loc[~logged["is_complete"].astype(bool), "day"]
    days = queries_capacity.capacity_days(hub.build, service, first, last)
    days = days[~days["day"].isin(unfinished)]
    drawn = [name for name in panels(days) if name not in ("requests", "latency_ms_p95")]
    if not drawn:
        st.caption(NOT_GIVEN)
        return
    steps = queries_capacity.scaling_steps(hub.build, service, first, last)
    steps = local_times(steps, ["changed_at"], hub.zone)
    incidents = queries_capacity.incidents(hub.build, service, first, last)
    incidents = local_times(incidents, ["started_at", "ended_at"], hub.zone)
    st.markdown(plain(sentence(days, steps, incidents, hub.currency)))
    is_marked = INCIDENTS in address.pills(
        "Markers", [INCIDENTS], key="capacity_markers", usual=[INCIDENTS]
    )
    rows, column, every = days, "day", "day"
    if by_hour and drawn != ["cost_per_thousand_predictions"]:
        hours = queries_capacity.capacity_hours(hub.build, service, first, last)
        rows, column, every = local_times(hours, ["hour_start"], hub.zone), "hour_start", "hour"
    chart_when_opened(
        lambda: capacity_chart(
            rows,
            hub.theme,
            column=column,
            every=every,
            currency=hub.currency,
            steps=steps,
            incidents=incidents if is_marked else None,
        ),
        label="traffic, latency, instances, CPU and cost",
        key="service_health_capacity",
        alt=f"Traffic, latency, instances, CPU and cost of {service} by {every}",
        how_to_read=(
            "One time axis: where traffic rises and instances do not, latency and CPU do. Hatched: "
            "no sample, bill or log line arrived, so nothing is known. Shaded with a cross: an "
            f"incident.{' A day that is not over is left out.' if every == 'day' else ''}"
        ),
        definition=(
            "Instances and CPU are means weighted by the time that each sample held. A prediction "
            "is a request that a model answered, not the fallback."
        ),
        table=rows.drop(columns=["service"]),
    )


def sentence(
    days: pd.DataFrame, steps: pd.DataFrame, incidents: pd.DataFrame, currency: str
) -> str:
    """What ran on the last known day, how often it was scaled, what an answer cost, incidents."""
    said = []
    known = days.dropna(subset=["instances"])
    if len(known):
        row = known.iloc[-1]
        said.append(
            f"{amount(row['instances'], None, form=',.1f')} instances on average on "
            f"{day_name(row['day'])} ({row['instances_fewest']:,.0f} to "
            f"{row['instances_most']:,.0f})"
        )
        said.append(f"scaled {count(len(steps), 'time')} in the period")
    priced = days.dropna(subset=["cost_per_thousand_predictions"])
    if len(priced):
        predictions = float(priced["predictions"].sum())
        told = 1000 * float(priced["cost"].sum()) / predictions if predictions else None
        said.append(f"{amount(told, currency, form=',.2f')} per thousand predictions")
    said.append(count(len(incidents), "incident"))
    text = joined(said)
    return f"{text[0].upper()}{text[1:]}."
