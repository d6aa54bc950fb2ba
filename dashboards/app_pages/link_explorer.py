"""Does one model metric move one KPI, and what speaks for and against it?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address, link_cards, queries
from dashboards import explorer_sections as sections
from dashboards.explorer_words import answer_words, diagnostics, evidence_words, metric_address
from dashboards.page_parts import answer, begin, no_links, show_table
from dashboards.view import Named
from dashboards.view_bar import by_days, shown_days, view_bar, within
from dashboards.wording import is_missing, plain

PAGE = "link_explorer"
NOTE = (
    "an effect is estimated from all days of the whole company, day by day. The period chooses "
    "which days the first chart draws."
)


def main() -> None:
    hub = begin("Does this model metric move that KPI?")
    links = queries.links(hub.build)
    if links.empty:
        no_links(hub)
        return
    known = queries.days_of(hub.build, "mart_link_series")
    view = view_bar(by_days(known, note=NOTE, usual=Named.ALL))
    row = _chosen(links)
    if row is None:
        return
    answer(plain(answer_words(row)))
    if not is_missing(row["verdict_reason"]):
        st.markdown(f"**Why this verdict:** {plain(row['verdict_reason'])}")
    evidence = queries.link_rows(hub.build, "mart_link_evidence", row["link_id"])
    _evidence(evidence)
    with st.expander("Diagnostics and what it rests on"):
        show_table(diagnostics(row), key=f"{PAGE}_diagnostics")
        for caveat in link_cards.caveats(row):
            st.markdown(f"- {plain(caveat)}")
        st.caption(plain(f"Method: {row['method']}"))
    series = queries.link_rows(hub.build, "mart_link_series", row["link_id"])
    if series.empty:
        st.info(
            "The charts of this pair are not kept: there are more pairs than `link.draw_pairs` in "
            "hub.yml. Declare it under `link.primary`, or raise the number."
        )
    own = evidence.iloc[-1] if len(evidence) else row
    metric, kpi = f"{row['entity']} {row['metric_label']}", str(row["kpi_label"])
    releases = queries.link_rows(hub.build, "mart_link_releases", row["link_id"])
    if len(series):
        days = within(series, "day", shown_days(view, first=known[0], last=known[1]))
        sections.course(hub, days if len(days) else series, releases, metric=metric, kpi=kpi)
        sections.lags(hub, row, own)
    sections.releases(hub, row, releases, own)
    sections.experiments(hub, row)
    if len(series):
        sections.raw(hub, row, series, metric=metric, kpi=kpi)


def _chosen(links: pd.DataFrame) -> Any | None:
    """The pair of both select boxes, which the URL keeps; None when nobody looked at it."""
    addresses = [metric_address(row, links) for _, row in links.iterrows()]
    left, right = st.columns(2)
    with left:
        metric = address.select("Model metric", list(dict.fromkeys(addresses)), key="metric")
    with right:
        kpi = address.select("KPI", list(dict.fromkeys(links["kpi"])), key="kpi")
    found = links[(pd.Series(addresses, index=links.index) == metric) & (links["kpi"] == kpi)]
    if len(found):
        return found.iloc[0]
    answer("0 estimates of this pair")
    st.info(
        f"Nobody has looked at {plain(metric)} and {plain(kpi)} yet. Declare the pair in hub.yml "
        "under `link.primary`, then `bellwether run`.",
        icon=":material/database_off:",
    )
    return None


def _evidence(evidence: pd.DataFrame) -> None:
    """Each grade of evidence in a column of its own: never averaged."""
    st.subheader("What does each kind of evidence say?")
    for column, (name, lines) in zip(st.columns(3), evidence_words(evidence), strict=True):
        with column.container(border=True):
            st.markdown(f"**{plain(name)}**")
            st.markdown("  \n".join(plain(line) for line in lines))
    with st.expander("Table"):
        show_table(evidence.drop(columns=["link_id", "caveats"]), key=f"{PAGE}_evidence")


main()
