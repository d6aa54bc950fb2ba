"""What does a page show of lasting changes: since when, between which moments, and why?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import onset_words, queries, queries_changes
from dashboards.charts_onsets import onset_chart, window
from dashboards.deep_links import EVERY_KPI, link_to
from dashboards.page_parts import Hub, chart, local_times, show_table
from dashboards.wording import count, joined, plain

MOST_NAMED = 3


def ongoing(onsets: pd.DataFrame, *, until: date) -> str:
    """What became worse by the day `until` and stayed so, for the page's answer; else empty."""
    has_begun = pd.to_datetime(onsets["onset_at"]).dt.date <= until
    stays = has_begun & onsets["ended_at"].isna()
    worse = onsets[stays & onsets["is_worse"].fillna(False).astype(bool)]
    said = [
        f"{row['label'].lower()} {onset_words.verb(row)} and stayed there "
        f"since {onset_words.clock(row['onset_at'], row['grain'])}"
        for _, row in worse.head(MOST_NAMED).iterrows()
    ]
    return joined(said)


def since_when(hub: Hub, entity: str, onset: Any | None) -> None:
    """The chosen change with its onset interval and what preceded it; else what was ruled out."""
    st.subheader("Since when, and why?")
    if onset is None:
        _nothing_found(hub, entity)
        return
    causes = queries_changes.onset_causes(hub.build, str(onset["onset_id"]))
    named = likeliest(causes)
    st.markdown(f"**{plain(onset_words.sentence(onset))}**")
    _preceded(named)
    column, series = _series(hub, entity, onset)
    chart(
        onset_chart(series, onset, named, hub.theme, column=column),
        key="since_when",
        alt=f"{onset['label']} of {entity} around its change",
        how_to_read=(
            "The band holds the moment of the change in 95 of 100 such cases. Numbers are the "
            "ranks of the list above; what came before the first day of the chart has none in it, "
            "and the table has less likely events, too. " + onset_words.NOT_PROVEN
        ),
        table=causes.drop(columns=["onset_id", "series_id"]),
    )
    _links(hub, causes, entity)


def likeliest(causes: pd.DataFrame) -> pd.DataFrame:
    """The rows of the events that are named: each with all places it was seen in, by rank."""
    names = causes[["kind", "name"]].drop_duplicates().head(MOST_NAMED)
    return causes.merge(names, on=["kind", "name"])


def _preceded(causes: pd.DataFrame) -> None:
    if causes.empty:
        st.markdown("Nothing that the hub knows of preceded it.")
        return
    lines = [_line(rows) for _, rows in causes.groupby(["kind", "name"], sort=False)]
    st.markdown("What preceded it, the likeliest first:\n\n" + "\n".join(lines))


def _line(rows: pd.DataFrame) -> str:
    """One event with its rank; where it was seen again, by rank and component."""
    first = rows.iloc[0]
    again = [f"{row['component']} (rank {row['rank']})" for _, row in rows.iloc[1:].iterrows()]
    seen = f" The same in {joined(again)}." if again else ""
    return f"- **{first['rank']}.** {plain(onset_words.cause(first))}{plain(seen)}"


def _series(hub: Hub, entity: str, onset: Any) -> tuple[str, pd.DataFrame | None]:
    """The published values of the change's own metric around it, on the hub's clock."""
    start, _ = window(onset)
    if onset["grain"] == "hour":
        column = "hour_start"
        rows = queries.service_rows(hub.build, "mart_service_hours", entity, since=start.date())
        rows = local_times(rows, [column], hub.zone)
        rows[column] = rows[column].dt.tz_localize(None)
    else:
        column, rows = "day", queries.service_rows(hub.build, "mart_service_days", entity)
    return column, rows if onset["metric_name"] in rows.columns else None


def _links(hub: Hub, causes: pd.DataFrame, entity: str) -> None:
    """Deep links to where an event of the first ranks is shown."""
    first = causes.head(MOST_NAMED)
    services = dict.fromkeys(
        str(row["component"])
        for _, row in first.iterrows()
        if row["kind"] in ("deploy", "latency") and row["component"] != entity
    )
    known = set(queries.services(hub.build))
    for service in (each for each in services if each in known):
        link_to("service_health", f"Service health of {service}", service=service)
    links = queries.links(hub.build)
    for model in dict.fromkeys(first.loc[first["kind"] == "release", "component"].astype(str)):
        if model in set(links["entity"]):
            label = f"What releases of {model} moved"
            link_to("what_moves_sales", label, model=model, moved=EVERY_KPI)


def _nothing_found(hub: Hub, entity: str) -> None:
    looked = queries_changes.onset_series(hub.build, entity)
    if looked.empty:
        st.caption("No series of it is long enough to be asked since when it is at its level.")
        return
    sound = int((looked["verdict"] != "invalid data").sum())
    st.markdown(plain(f"None of {count(sound, 'series', 'series')} has changed for good."))
    st.caption("A change smaller than the last column says may still be there.")
    columns = [
        "label",
        "grain",
        "first_at",
        "last_at",
        "verdict_reason",
        "smallest_detectable_size",
    ]
    show_table(looked[columns], key="since_when_series")
