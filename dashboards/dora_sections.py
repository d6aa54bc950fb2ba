"""What does *Delivery* show of releases and sprints: DORA's five, commitments, what went out?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import dora_words, queries_delivery
from dashboards.charts_delivery import deployments_chart
from dashboards.charts_sprints import sprint_chart
from dashboards.page_parts import (
    Hub,
    chart_when_opened,
    invalid_mark,
    table_when_opened,
)
from dashboards.tokens import Theme
from dashboards.wording import is_missing, plain, prose

CARDS_A_ROW = 3
USUAL_GAP_HOURS = 24.0


def five(hub: Hub, scope: str, weeks: pd.DataFrame | None = None) -> None:
    """DORA's five in the last complete month, what they rest on, and deployments a week."""
    st.subheader("How well is it delivered?")
    months = queries_delivery.months(hub.build, scope)
    cards = dora_words.cards(months)
    if months.empty:
        st.caption(
            "Not known: no issue of this project names a released version as fix version, and no "
            "release names one of its issues."
        )
        return
    if not cards:
        st.caption("No month of releases is complete yet.")
    invalid_mark(str(months.attrs.get("invalid", "")))
    for at in range(0, len(cards), CARDS_A_ROW):
        row = cards[at : at + CARDS_A_ROW]
        for column, card in zip(st.columns(CARDS_A_ROW), row, strict=False):
            with column.container(border=True, height="stretch"):
                _card(card)
    _incidents(hub)
    if weeks is not None:
        _by_week(hub.theme, weeks)
    table_when_opened("DORA's five by month", months.drop(columns="scope"), key="delivery_months")


def _card(card: dora_words.DoraCard) -> None:
    colour = {True: "blue", False: "orange", None: "gray"}
    told = card.change
    st.metric(
        plain(card.label),
        card.value,
        delta=told.short if told else None,
        delta_color=colour[told.is_good if told else None],  # type: ignore[arg-type]
        delta_arrow=told.arrow if told else "off",  # type: ignore[arg-type]
        delta_description=told.judgement if told else None,
        help=prose(card.definition),
    )
    lines = [card.about, card.rests_on, card.compared]
    st.caption("  \n".join(plain(line) for line in lines if line))


def _incidents(hub: Hub) -> None:
    rows = queries_delivery.incidents(hub.build)
    gap = hub.config.delivery.incident_gap_hours if hub.config else USUAL_GAP_HOURS
    said = dora_words.attributed(rows, gap_hours=gap)
    if not said:
        st.caption("No incident has been delivered.")
        return
    st.caption(plain(f"All components: {said}"))
    table_when_opened(
        "Every incident and its release", rows.drop(columns="source"), key="delivery_incidents"
    )


def _by_week(theme: Theme, weeks: pd.DataFrame) -> None:
    known = weeks.dropna(subset=["deployments"])
    if known.empty or is_missing(known["deployments"].iloc[0]):
        return
    chart_when_opened(
        lambda: deployments_chart(known, theme),
        label="deployments",
        key="delivery_deployments",
        alt="Deployments a week",
        how_to_read="Production releases of the components that the project's issues name.",
        table=known[["week_start", "deployments", "is_complete"]],
    )


def sprints(hub: Hub, project: str) -> None:
    """What was committed and what became of it; a sentence where no sprint is known."""
    st.subheader("Is what was planned done?")
    rows = queries_delivery.sprints(hub.build, project)
    if rows.empty:
        st.caption(
            "Not known: no delivered sprint of this project says when it began (the board's list "
            "of sprints does, as JSON)."
        )
        return
    st.markdown(plain(dora_words.sprints(rows)))
    shown = rows.tail(12)
    if not shown["is_complete"].astype(bool).any():
        return
    chart_when_opened(
        lambda: sprint_chart(shown, hub.theme),
        label="committed, added and done by sprint",
        key="delivery_sprints",
        alt=f"What became of what {project} committed to, by sprint",
        how_to_read=(
            "A bar is everything that was in the sprint, a dash what was committed when it began. "
            "The running sprint is left out."
        ),
        definition=(
            "Committed: in the sprint at the moment it began, and not done before. Done: in a "
            "status of the category Done when it was closed."
        ),
        table=rows.drop(columns="project"),
    )


def every_item(hub: Hub, project: str) -> None:
    """Every finished item with the times of its way, and why they are approximate."""
    rows = queries_delivery.items(hub.build, project)
    table_when_opened("Every finished item", rows.drop(columns="project"), key="delivery_items")
