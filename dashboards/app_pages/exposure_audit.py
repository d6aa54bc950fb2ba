"""Which served positions did people get to see, and what does a cut spoil?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address, queries, queries_exposure, queries_periods
from dashboards.charts import release_events
from dashboards.charts_exposure import has_stages, stages_chart
from dashboards.exposure_sections import by_position, comparisons, no_stages
from dashboards.exposure_words import cut_sentence, since_words
from dashboards.page_parts import Hub, answer, begin, chart, missing
from dashboards.period_sections import compare
from dashboards.view import COMPARISONS, Named, View
from dashboards.view_bar import by_days, segment_name, shown_days, view_bar, whole, within
from dashboards.wording import day_name, is_missing, plain

PAGE = "exposure_audit"
NOTE = (
    "The bar holds for the first sentence, the cards and the stages; lasting changes are looked "
    "for by day on all platforms, and single positions are not stored by platform."
)
COMPARED = ("rendered_ratio", "viewed_ratio", "served_ratio")
NOTHING_DRAWN = "Nothing tells which served positions were drawn or seen."


def main() -> None:
    hub = begin("Do people get to see what is served?")
    services = queries_exposure.list_services(hub.build)
    surfaces = queries_exposure.exposure_surfaces(hub.build)
    if not services and surfaces.empty:
        missing(hub, NOTHING_DRAWN, "exposure", "service_logs")
        return
    view = view_bar(
        by_days(
            queries.days_of(hub.build, "mart_service_days"),
            note=NOTE,
            usual=Named.ALL,
            grains=("day", "week", "month"),
            comparisons=tuple(COMPARISONS),
            segments=queries_periods.segments(hub.build, "platform", "rendered_ratio"),
            whole="All platforms",
        )
    )
    onsets = _since(hub, services, view)
    options = _moments(hub, onsets, surfaces)
    if not options:
        return
    chosen = address.select("Compare before and since", list(options), key="since")
    low, day, high = options[chosen]
    depths, models = by_position(hub, surfaces, day)
    comparisons(hub, models, depths, is_change=bool(low < high), day=day, low=low, high=high)


def _since(hub: Hub, services: list[str], view: View) -> pd.DataFrame:
    """The chosen service's stages by day, and since when they changed."""
    if not services:
        answer("0 services log how many positions they drew")
        return queries_exposure.exposure_onsets(hub.build, "")
    service = address.select("Service", services, key="service", width=320)
    days = queries.service_rows(hub.build, "mart_service_days", service)
    onsets = queries_exposure.exposure_onsets(hub.build, service)
    span = shown_days(view, first=days["day"].min(), last=days["day"].max())
    if view.grain != "day" or view.segment:
        days = queries_exposure.stages(hub.build, service, view.grain, view.segment)
    days = within(days, "day", span)
    of = "" if view.segment is None else segment_name(view.segment)
    inside = whole(days, "day", view.grain, span)
    told = cut_sentence(service, onsets, inside, last=span.last, every=view.grain, of=of)
    answer(plain(told))
    st.subheader("Since when are lists cut?")
    for _, onset in onsets.iterrows():
        cause = onset["first_cause_words"]
        why = "" if is_missing(cause) else f" First of what preceded it: {str(cause).rstrip('.')}."
        st.markdown(plain(f"{onset['label']}: {since_words(onset)}.{why}"))
    compare(hub, service, COMPARED, view, span, page=PAGE)
    if not has_stages(days):
        no_stages(hub, service, span, every=view.grain, is_between=days.empty)
        return onsets
    releases = queries.releases(hub.build)
    deploys = release_events(releases[releases["model"] == service])
    columns = ["day", "k_asked", "k_served", "k_rendered", "k_viewed", "rendered_ratio"]
    chart(
        stages_chart(days, onsets, hub.theme, deploys=deploys, every=view.grain),
        key=f"{PAGE}_stages",
        alt=f"Positions of {service} served, rendered and viewed by {view.grain}",
        how_to_read=(
            "Above the share of served positions that the page drew, below how many were served, "
            "drawn and seen. Triangles are releases of the service; a shaded strip is the time "
            "within which a lasting change began. What is not over is dotted; days without logs "
            "are hatched."
        ),
        table=days[[*columns, "is_complete"]],
    )
    return onsets


def _moments(
    hub: Hub, onsets: pd.DataFrame, surfaces: pd.DataFrame
) -> dict[str, tuple[Any, Any, Any]]:
    """What before and after may be told apart by: changes first, then releases, newest first."""
    moments = {
        f"{day_name(row['onset_at'])}: {row['label']} changed": (
            row["onset_low"],
            row["onset_at"],
            row["onset_high"],
        )
        for _, row in onsets.iterrows()
    }
    for _, row in queries.releases(hub.build).iloc[::-1].iterrows():
        day = row["released_on"]
        moments.setdefault(f"{day_name(day)}: {row['model']} {row['version']}", (day, day, day))
    if len(surfaces):
        first = surfaces["first_day"].min()
        moments["All days that are known"] = (first, first, first)
    return moments


main()
