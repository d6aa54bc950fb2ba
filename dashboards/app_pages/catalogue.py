"""What does every number mean, where does it come from, and who answers for it?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries_catalogue as queries
from dashboards.catalogue_words import (
    answer_words,
    found,
    lineage,
    listed,
    pages_using,
    settings_table,
)
from dashboards.charts_catalogue import lineage_chart
from dashboards.freshness import stale_sources
from dashboards.page_parts import Hub, answer, begin, chart, local_times, missing, show_table
from dashboards.wording import count, direction_note, joined, moment, plain

PAGE = "catalogue"


def main() -> None:
    hub = begin("What does every number mean, and where does it come from?")
    metrics, sources = queries.metrics(hub.build), queries.sources(hub.build)
    if metrics.empty:
        missing(hub, "No metric has been computed yet.", "sales", "service_logs")
        return
    answer(plain(answer_words(metrics, sources, queries.redefined_counts(hub.build))))
    wanted = st.text_input("Search", key="search", bind="query-params", placeholder="revenue")
    shown = found(metrics, wanted or "")
    if shown.empty:
        st.info(f"0 of {len(metrics)} metrics hold “{plain(wanted)}”. Clear the search for all.")
    else:
        columns = ["label", "metric_name", "layer", "unit", "direction", "owner", "role"]
        st.caption(f"{len(shown)} of {count(len(metrics), 'metric')}")
        show_table(shown[[*columns, "description", "aggregation"]], key=f"{PAGE}_metrics")
        chosen = st.selectbox(
            "Metric", list(shown["metric_name"]), key="metric", bind="query-params"
        )
        _metric(hub, shown.set_index("metric_name", drop=False).loc[str(chosen)], sources)
    _sources(hub, sources)


def _metric(hub: Hub, row: Any, sources: pd.DataFrame) -> None:
    """One metric: in words, its way, its SQL, and what it meant before."""
    st.subheader(plain(row["label"]))
    name = str(row["metric_name"])
    segments = listed(row["segments"])
    st.markdown(plain(row["description"] or "No description has been written."))
    facts = {
        "Owner": row["owner"],
        "Unit": f"{row['unit']}, {direction_note(row['direction']) or 'neither way is good'}",
        "Of every": row["entity_kind"],
        "Segments": joined(segments) or "none",
        "From": joined(listed(row["source_kinds"])) or "no source",
        "Defined in": row["defined_in"],
    }
    st.markdown("  \n".join(f"**{key}:** {plain(value)}" for key, value in facts.items()))
    uses = queries.uses(hub.build, name)
    nodes = lineage(row, sources, uses)
    chart(
        lineage_chart(nodes, hub.theme),
        key=f"{PAGE}_lineage",
        alt=f"From the sources of {name} to the pages that show it",
        how_to_read=(
            "From top to bottom: the sources whose files feed it, the tables its SQL reads, the "
            "metric, and the pages that show it."
        ),
        table=nodes,
    )
    links = queries.links_of(hub.build, name)
    told = [f"{n} {verdict}" for n, verdict in zip(links["links"], links["verdict"], strict=True)]
    st.markdown(
        f"**Used by:** {plain(joined(pages_using(uses)) or 'no page')}. "
        f"**Links:** {plain(joined(told) or '0')}."
    )
    with st.expander("SQL"):
        st.code(str(row["definition_sql"]), language="sql")
    with st.expander("Stored values"):
        show_table(queries.values(hub.build, name), key=f"{PAGE}_values")
    _history(hub, name)


def _history(hub: Hub, name: str) -> None:
    """Every definition there was, and old values beside today's."""
    definitions = queries.definitions(hub.build, name)
    st.markdown(f"**History:** {count(len(definitions), 'definition')}.")
    for position, (_, past) in enumerate(definitions.iterrows()):
        state = "in use" if position == 0 else "before"
        since = moment(past["used_from"], hub.zone)
        with st.expander(f"{since}, {state}: {past['definition_hash']}"):
            st.markdown(plain(past["description"] or "No description."))
            where = f"{past['defined_in']}, build {past['build_id']}"
            st.caption(plain(f"Unit {past['unit']}, {where}"))
            st.code(str(past["definition_sql"]), language="sql")
    redefined = queries.redefined(hub.build, name)
    if redefined.empty:
        st.caption("0 published values of it were computed under another definition.")
        return
    st.markdown("**Old and new values side by side:**")
    first = ["grain", "period_start", "value_before", "value_now", "unit_before", "unit"]
    rest = [each for each in redefined.columns if each not in first and each != "metric_name"]
    show_table(redefined[first + rest], key=f"{PAGE}_redefined")


def _sources(hub: Hub, sources: pd.DataFrame) -> None:
    """Who owns each source, how fresh it is, and what its files and columns are."""
    st.subheader("Where do the data come from?")
    settings = {each.name: each for each in hub.config.sources} if hub.config else {}
    stale = stale_sources(sources, hub.config, hub.now) if hub.config else []
    told = "; ".join(plain(each) for each in stale)
    free = sum(
        getattr(settings.get(name), "fresh_within", None) is None for name in sources["source"]
    )
    unlimited = f" {free} have no limit: give `fresh_within` in hub.yml." if free else ""
    st.markdown(f"{len(stale)} of {count(len(sources), 'source')} are stale.{unlimited} {told}")
    owners = [getattr(settings.get(name), "owner", None) or "nobody" for name in sources["source"]]
    limits = [
        getattr(settings.get(name), "fresh_within", None) or "no limit"
        for name in sources["source"]
    ]
    table = sources.assign(owner=owners, fresh_within=limits)
    columns = ["source", "kind", "owner", "data_through", "fresh_within", "files", "records"]
    rest = ["loaded", "quarantined", "blank", "duplicates", "last_loaded_at"]
    times = ["data_through", "last_loaded_at"]
    show_table(local_times(table, times, hub.zone)[columns + rest], key=f"{PAGE}_sources")
    source = str(st.selectbox("Source", list(sources["source"]), key="source", bind="query-params"))
    if source in settings:
        st.markdown("**What hub.yml says of it:**")
        show_table(settings_table(settings[source]), key=f"{PAGE}_settings")
    else:
        st.info(f"hub.yml names no source {plain(source)}; what it delivered is kept.")
    files = queries.files(hub.build, source)
    with st.expander(count(len(files), "file")):
        show_table(files.drop(columns=["source", "kind"]), key=f"{PAGE}_files")


main()
