"""Which numbers cannot be trusted now? Those below which a check fails, and those gone stale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from dashboards import queries
from dashboards.freshness import stale_sources
from dashboards.mark_words import INVALID, LISTED_BY, STALE, failed_words, stale_words
from dashboards.page_parts import Hub, invalid_mark, local_times, show_table, stale_mark
from dashboards.wording import count, plain


@dataclass(frozen=True)
class Trust:
    """Of one metric: which check fails below it, and which of its sources is stale; in words."""

    invalid: str = ""
    stale: str = ""

    def __str__(self) -> str:
        marks = ((INVALID, self.invalid), (STALE, self.stale))
        return "; ".join(f"{name}: {told}" for name, told in marks if told)

    def show(self) -> None:
        """Draw the marks, worst first."""
        invalid_mark(self.invalid)
        stale_mark(self.stale)


def trust_in(hub: Hub, metrics: Iterable[str]) -> dict[str, Trust]:
    """What is to be said of each of these metrics."""
    sources = queries.data_health(hub.build, "sources")
    stale = stale_sources(sources, hub.config, hub.now) if hub.config else []
    rests = queries.data_health(hub.build, "kpis")
    return {
        name: Trust(
            queries.invalid(hub.build, "metric", [name]),
            stale_words([str(s) for s in rests.loc[rests["metric_name"] == name, "source"]], stale),
        )
        for name in metrics
    }


def what_is_invalid(hub: Hub) -> None:
    """The list of all that is marked, by failed check."""
    marks = queries.marked(hub.build)
    if marks.empty:
        return
    st.subheader("What rests on a failed check?")
    metrics = marks.loc[marks["subject_kind"] == "metric", "subject"].nunique()
    st.markdown(
        plain(
            f"{count(metrics, 'metric')} and what is said of them are invalid data: "
            f"{failed_words(marks)}."
        )
    )
    st.caption(
        "The next run checks again, whether or not a file is new, and takes the marks off what "
        "holds."
    )
    st.code(
        f"{LISTED_BY} --home {hub.home.root}\nbellwether run --home {hub.home.root}", language="sh"
    )
    show_table(local_times(marks, ["since"], hub.zone), key="data_health_marks")
