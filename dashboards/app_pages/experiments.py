"""What did experiments measure, and which of them can be trusted?"""

from __future__ import annotations

import streamlit as st

from dashboards import queries, read_outs
from dashboards.experiment_sections import experiments_sentence
from dashboards.page_parts import answer, begin, missing, named_select
from dashboards.view import Named
from dashboards.view_bar import by_days, nothing_then, shown_days, view_bar, within
from dashboards.wording import metric_words, plain, told_apart

NOTE = (
    "an experiment is read out once, over its own days and users. The period chooses the "
    "experiments that ended in it."
)


def main() -> None:
    hub = begin("What did experiments measure, and can it be trusted?")
    every = queries.experiments(hub.build)
    if every.empty:
        missing(hub, "No experiment has been delivered.", "experiments")
        return
    known = every["started_on"].min(), every["ended_on"].max()
    view = view_bar(by_days(known, note=NOTE, usual=Named.ALL))
    span = shown_days(view, first=known[0], last=known[1])
    words = {name: metric_words(name) for name in read_outs.measured(every)}
    metric = named_select("Measured on", told_apart(words), key="on")
    every = within(every, "ended_on", span)
    rows = every[every["metric"] == metric]
    if rows.empty:
        nothing_then(f"experiments on {metric}", span)
        return
    answer(plain(experiments_sentence(rows, metric)))
    if len(rows) > read_outs.MOST_DRAWN:
        st.caption(
            f"Drawn are the newest {read_outs.MOST_DRAWN} of {len(rows)}; the tables hold all."
        )
    read_outs.splits(hub, rows)
    read_outs.lifts(hub, rows, metric=metric)
    read_outs.guardrails(every)
    read_outs.offline(hub, rows)
    read_outs.overlaps(hub)


main()
