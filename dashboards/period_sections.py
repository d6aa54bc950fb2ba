"""How does the newest complete period compare with the one before it, or with a year ago?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from dashboards import kpi_cards, queries, queries_periods
from dashboards.kpi_sections import show_cards
from dashboards.page_parts import Hub
from dashboards.view import COMPARISONS, Grain, Span, View
from dashboards.view_bar import segment_name, whole
from dashboards.wording import as_date, plain

# what the numerator and denominator of a ratio count, where these are no requests
COUNTED = dict.fromkeys(("rendered_ratio", "viewed_ratio", "served_ratio"), "position")
JUDGED = (
    " A change is called better or worse only where its 95 % interval excludes zero; shares of "
    "requests have one."
)
NOTHING = (
    "No {grain} that is complete and has all its data lies in the period above, so nothing is "
    "compared. Choose another period{or_finer}."
)


def stored_grain(of: Grain) -> Grain:
    """The grain that values are stored and compared at: hours are compared by their days."""
    return "day" if of == "hour" else of


def compare(
    hub: Hub,
    entity: str,
    metrics: Sequence[str],
    view: View,
    days: Span,
    *,
    page: str,
    rough: Mapping[str, Mapping[date, str]] | None = None,
) -> None:
    """Cards of an entity's metrics in the newest complete period of the view's grain in `days`.

    In the order of `metrics`; one that is not stored of this entity and segment has no card.
    `rough` says of a metric in which periods, by their first day, it is approximate and why.
    """
    grain = stored_grain(view.grain)
    is_of_service = page != "delivery"
    mart = "mart_service_periods" if is_of_service else "mart_delivery_periods"
    rows = queries_periods.compared(hub.build, mart, entity, metrics, grain, view.segment)
    st.subheader(_question(view, grain))
    told = "" if view.segment is None else f", {segment_name(view.segment)} alone"
    inside = whole(rows, "period_start", grain, days)
    start = next(iter(kpi_cards.complete_periods(inside)), None)
    if start is None:
        st.caption(plain(f"{entity}{told}: {_nothing(grain)}"))
        return
    cards = [
        kpi_cards.card(
            mine.iloc[-1],
            mine,
            grain=grain,
            start=start,
            comparison=COMPARISONS[view.comparison],
            is_valid=not queries.invalid(hub.build, "metric", [metric]),
            by_interval=is_of_service,
            counted=COUNTED.get(metric, "request") if is_of_service else "",
            rough=(rough or {}).get(metric, {}).get(as_date(start), ""),
        )
        for metric in metrics
        if len(mine := rows[rows["metric_name"] == metric])
    ]
    judged = JUDGED if is_of_service and view.comparison != "none" else ""
    st.caption(
        plain(f"{entity}{told}, in the newest complete {grain} of the period above.{judged}")
    )
    show_cards(hub, cards, {}, key=f"{page}_compared")


def _nothing(grain: Grain) -> str:
    """That nothing can be compared; a finer grain than days is not compared either."""
    return NOTHING.format(grain=grain, or_finer="" if grain == "day" else ", or a finer grain")


def _question(view: View, grain: Grain) -> str:
    if view.comparison == "none":
        return f"How was the newest {grain}?"
    against = "a year ago" if view.comparison == "year-ago" else f"the {grain} before"
    return f"How does the newest {grain} compare with {against}?"
