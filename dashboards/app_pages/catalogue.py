"""What does every number mean, where does it come from, and who answers for it?"""

from __future__ import annotations

import streamlit as st

from dashboards import address
from dashboards import queries_catalogue as queries
from dashboards.catalogue_sections import PAGE, metric, sources_told
from dashboards.catalogue_words import answer_words, found
from dashboards.page_parts import answer, begin, missing, named_select, show_table
from dashboards.view_bar import Offer, view_bar
from dashboards.wording import count, plain, told_apart

NOTE = "definitions hold for every period and segment; the grains stored are told of each metric."


def main() -> None:
    hub = begin("What does every number mean, and where does it come from?")
    metrics, sources = queries.metrics(hub.build), queries.sources(hub.build)
    if metrics.empty:
        missing(hub, "No metric has been computed yet.", "sales", "service_logs")
        return
    view_bar(Offer(note=NOTE))
    answer(plain(answer_words(metrics, sources, queries.redefined_counts(hub.build))))
    wanted = address.search("Search", key="search", placeholder="revenue")
    shown = found(metrics, wanted)
    if shown.empty:
        st.info(f"0 of {len(metrics)} metrics hold “{plain(wanted)}”. Clear the search for all.")
    else:
        columns = ["label", "unit", "direction", "owner", "role", "layer", "metric_name"]
        st.caption(f"{len(shown)} of {count(len(metrics), 'metric')}")
        show_table(shown[[*columns, "description", "aggregation"]], key=f"{PAGE}_metrics")
        words = dict(zip(shown["metric_name"], shown["label"], strict=True))
        chosen = named_select("Metric", told_apart(words), key="metric")
        metric(hub, shown.set_index("metric_name", drop=False).loc[chosen])
    sources_told(hub, sources)


main()
