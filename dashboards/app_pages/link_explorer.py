"""Does one model metric move one KPI, and what speaks for and against it?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import explorer_sections as sections
from dashboards import queries, queries_explorer, unestimated
from dashboards.explorer_words import (
    answer_words,
    evidence_words,
    kpis_by_name,
    metric_addresses,
    metric_names,
    metrics_by_address,
)
from dashboards.mark_words import open_question
from dashboards.opened import when_opened
from dashboards.page_parts import (
    Hub,
    answer,
    begin,
    invalid_mark,
    named_select,
    no_links,
    table_when_opened,
)
from dashboards.view import Named
from dashboards.view_bar import by_days, shown_days, view_bar, within
from dashboards.wording import is_missing, plain, told_apart

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
    row = _chosen(hub, links)
    if row is None:
        return
    invalid = queries.invalid(hub.build, "metric", [row["kpi"]])
    answer(plain(open_question(invalid, money_of=str(row["kpi_label"])) + answer_words(row)))
    if not is_missing(row["verdict_reason"]):
        st.markdown(f"**Why this verdict:** {plain(row['verdict_reason'])}")
    evidence = queries.link_rows(hub.build, "mart_link_evidence", row["link_id"])
    below = [row["kpi"], row["metric_name"]]
    _evidence(row, evidence, queries.invalid(hub.build, "metric", below))
    notes = queries.link_rows(hub.build, "mart_link_notes", row["link_id"])
    when_opened(
        "Diagnostics and what it rests on",
        lambda: sections.rests_on(row, next((each for _, each in notes.iterrows()), None)),
        key=f"{PAGE}_diagnostics",
    )
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
        drawn, unit = days if len(days) else series, str(row["kpi_unit"] or "")
        sections.course(hub, drawn, releases, metric=metric, kpi=kpi, unit=unit)
        sections.lags(hub, row, own)
    sections.releases(hub, row, releases, own)
    sections.experiments(hub, row)
    if len(series):
        sections.raw(hub, row, series, notes, metric=metric, kpi=kpi)


def _chosen(hub: Hub, links: pd.DataFrame) -> Any | None:
    """The estimated pair that is chosen; of any other pair what is known, and None."""
    estimated = metric_addresses(links)
    metrics = metrics_by_address(links, queries_explorer.model_metrics(hub.build))
    kpis = kpis_by_name(links, queries_explorer.company_metrics(hub.build))
    left, right = st.columns(2)
    with left:
        metric = named_select("Model metric", metric_names(metrics), key="metric")
    with right:
        labels = {name: str(kpi["label"]) for name, kpi in kpis.items()}
        kpi = named_select("KPI", told_apart(labels), key="kpi")
    found = links[(pd.Series(estimated, index=links.index) == metric) & (links["kpi"] == kpi)]
    if len(found):
        return found.iloc[0]
    unestimated.show(hub, metrics[metric], kpis[kpi])
    return None


def _evidence(row: Any, evidence: pd.DataFrame, invalid: str) -> None:
    """Each grade of evidence in a column of its own: never averaged."""
    st.subheader("What does each kind of evidence say?")
    invalid_mark(invalid)
    told = evidence_words(
        evidence, metric_direction=row["metric_direction"], kpi_direction=row["kpi_direction"]
    )
    for column, (name, lines) in zip(st.columns(3), told, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{plain(name)}**")
            st.markdown("  \n".join(plain(line) for line in lines))
    table_when_opened(
        "Table", evidence.drop(columns=["link_id", "caveats"]), key=f"{PAGE}_evidence"
    )


main()
