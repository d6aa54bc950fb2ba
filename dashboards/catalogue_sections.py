"""What does the catalogue show of one metric, and of the sources it comes from?"""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address
from dashboards import queries_catalogue as queries
from dashboards.catalogue_words import (
    columns_table,
    columns_words,
    listed,
    named_in,
    settings_table,
    way_table,
    way_words,
)
from dashboards.charts_catalogue import lineage_chart
from dashboards.deep_links import link_to
from dashboards.freshness import stale_sources, told_by_source
from dashboards.opened import when_opened
from dashboards.page_parts import (
    Hub,
    chart_when_opened,
    local_times,
    show_table,
    table_when_opened,
)
from dashboards.queries import data_health
from dashboards.trust_sections import trust_in
from dashboards.wording import count, direction_note, joined, moment, plain, prose

PAGE = "catalogue"
MOST_MODELS = 4


def metric(hub: Hub, row: Any) -> None:
    """One metric: in words, its way, its SQL, and what it meant before."""
    st.subheader(plain(row["label"]))
    name = str(row["metric_name"])
    segments = listed(row["segments"])
    trust_in(hub, [name])[name].show()
    st.markdown(prose(row["description"] or "No description has been written."))
    facts = {
        "Owner": row["owner"],
        "Unit": f"{row['unit']}, {direction_note(row['direction']) or 'neither way is good'}",
        "One value for each": row["entity_kind"],
        "Segments": joined(segments) or "none",
        "From": joined(listed(row["source_kinds"])) or "no source",
        "Defined in": row["defined_in"],
    }
    st.markdown("  \n".join(f"**{key}:** {plain(value)}" for key, value in facts.items()))
    way = queries.lineage(hub.build, name)
    _way(hub, name, way)
    pages = [] if way is None else named_in(way, "page")
    links = queries.links_of(hub.build, name)
    told = [f"{n} {verdict}" for n, verdict in zip(links["links"], links["verdict"], strict=True)]
    st.markdown(
        f"**Used by:** {plain(joined(pages) or 'no page')}. "
        f"**Links:** {plain(joined(told) or '0')}."
    )
    _pages(hub, row)
    when_opened("SQL", partial(_sql, str(row["definition_sql"])), key=f"{PAGE}_sql")
    table_when_opened("Stored values", queries.values(hub.build, name), key=f"{PAGE}_values")
    _history(hub, name)


def _way(hub: Hub, name: str, way: pd.DataFrame | None) -> None:
    """From file to page: every step in words, drawn and as a table."""
    st.markdown("**From file to page:**")
    if way is None:
        st.info("This build followed no metric from file to page; the next build does.")
        return
    st.markdown("  \n".join(way_words(way)))
    chart_when_opened(
        partial(lineage_chart, way, hub.theme),
        label=f"how {name} comes from files and reaches pages",
        key=f"{PAGE}_lineage",
        alt=f"From the files that {name} comes from to the pages that show it",
        how_to_read=(
            "From left to right: files, raw tables, staging models, models of the layers, the "
            "metric, tables of pages, pages. A line leads to a model from each that it reads. The "
            "hub's own records of loads are left out, and what only tells how far sources reach "
            "is not followed further."
        ),
        table=way_table(way),
    )


def _pages(hub: Hub, row: Any) -> None:
    """To the pages that show the metric, with it chosen where a page has a choice of it."""
    name, label = str(row["metric_name"]), str(row["label"])
    is_model = row["role"] == "model_metric"
    with st.container(horizontal=True):
        if queries.has_success(hub.build, name):
            link_to("success_metrics", f"{label} in Success metrics", kpi=label)
        if row["layer"] == "company" and not is_model:
            link_to("link_explorer", f"What moves {label}", kpi=name)
        if is_model:
            for entity in queries.entities(hub.build, name)[:MOST_MODELS]:
                link_to("link_explorer", f"{entity} {label}", metric=f"{entity}/{name}")
        if row["layer"] == "team":
            link_to("delivery", "Delivery")
        if row["layer"] == "platform" and not is_model:
            link_to("service_health", "Service health")


def _history(hub: Hub, name: str) -> None:
    """Every definition there was, and old values beside today's."""
    definitions = queries.definitions(hub.build, name)
    st.markdown(f"**History:** {count(len(definitions), 'definition')}.")
    for position, (_, past) in enumerate(definitions.iterrows()):
        state = "in use" if position == 0 else "before"
        since = moment(past["used_from"], hub.zone)
        when_opened(
            f"{since}, {state}: {past['definition_hash']}",
            partial(_definition, past),
            key=f"{PAGE}_definition_{position}",
        )
    redefined = queries.redefined(hub.build, name)
    if redefined.empty:
        st.caption("0 published values of it were computed under another definition.")
        return
    st.markdown("**Old and new values side by side:**")
    first = ["grain", "period_start", "value_before", "value_now", "unit_before", "unit"]
    rest = [each for each in redefined.columns if each not in first and each != "metric_name"]
    show_table(redefined[first + rest], key=f"{PAGE}_redefined")


def _definition(past: pd.Series) -> None:
    st.markdown(prose(past["description"] or "No description."))
    where = f"{past['defined_in']}, build {past['build_id']}"
    changed = past["changed"] if isinstance(past["changed"], str) else "not recorded"
    st.caption(plain(f"Changed: {changed}. Unit {past['unit']}, {where}"))
    _sql(str(past["definition_sql"]))


def _sql(text: str) -> None:
    st.code(text, language="sql")


def sources_told(hub: Hub, sources: pd.DataFrame) -> None:
    """Who owns each source, how fresh it is, and what its files and columns are."""
    st.subheader("Where do the data come from?")
    settings = {each.name: each for each in hub.config.sources} if hub.config else {}
    stale = stale_sources(sources, hub.config, hub.now) if hub.config else []
    told = " ".join(f"{plain(each)}." for each in stale)
    free = sum(
        getattr(settings.get(name), "fresh_within", None) is None for name in sources["source"]
    )
    has_or_have = "has" if free == 1 else "have"
    unlimited = (
        f" {free} {has_or_have} no limit in hub.yml (`fresh_within`): on time or late by the "
        "source's own rhythm, where it has delivered often enough to have one."
        if free
        else ""
    )
    is_or_are = "is" if len(stale) == 1 else "are"
    st.markdown(
        f"{len(stale)} of {count(len(sources), 'source')} {is_or_are} stale.{unlimited} {told}"
    )
    owners = [getattr(settings.get(name), "owner", None) or "nobody" for name in sources["source"]]
    rhythm = data_health(hub.build, "rhythm")
    table = told_by_source(sources, rhythm, hub.config, hub.now).assign(owner=owners)
    columns = ["source", "freshness", "owner", "data_through", "records", "files", "kind"]
    rest = ["expected", "loaded", "quarantined", "blank", "duplicates", "last_loaded_at"]
    times = ["data_through", "last_loaded_at"]
    show_table(local_times(table, times, hub.zone)[columns + rest], key=f"{PAGE}_sources")
    source = address.select("Source", list(sources["source"]), key="source")
    if source in settings:
        st.markdown("**What hub.yml says of it:**")
        show_table(settings_table(settings[source]), key=f"{PAGE}_settings")
    else:
        st.info(f"hub.yml names no source {plain(source)}; what it delivered is kept.")
    _columns(hub, source)
    files = queries.files(hub.build, source)
    table_when_opened(
        count(len(files), "file"), files.drop(columns=["source", "kind"]), key=f"{PAGE}_files"
    )


def _columns(hub: Hub, source: str) -> None:
    """Which columns the source's records carry, and in how many rows each is filled."""
    told = queries.source_columns(hub.build, source)
    st.markdown(f"**Columns:** {plain(columns_words(told))}")
    if told is not None and not told.empty:
        table = columns_table(told)
        table_when_opened(count(len(table), "column"), table, key=f"{PAGE}_columns")
