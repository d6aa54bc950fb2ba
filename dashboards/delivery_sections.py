"""What does *Delivery* show of a project: flow, times, and by when it is done?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import queries_changes
from dashboards.charts_delivery import (
    age_bands,
    age_chart,
    cycle_chart,
    done_by_chart,
    how_many_chart,
    throughput_chart,
)
from dashboards.delivery_words import done_by, how_many
from dashboards.dora_words import way
from dashboards.page_parts import Hub, chart, chart_when_opened, table_when_opened
from dashboards.tokens import Theme
from dashboards.view import Grain
from dashboards.view_bar import none_begins
from dashboards.wording import count, plain

CYCLE_TIME = (
    "Cycle time: days from when an item first went into work (a status of the category In "
    "Progress) until it was last done. What went straight to Done has none. Of items without a "
    "whole history the time since their creation stands in."
)
ROUGH_TIME = (
    "Approximate, the lead time: days from when an item was created until it was done. This is "
    "longer than the time it was worked on, because waiting before the work counts too."
)
WHEN, HOW_MANY = "when done", "how many"


def flow(theme: Theme, weeks: pd.DataFrame, *, every: Grain = "week") -> None:
    """What is finished, what is created, and what is open."""
    st.subheader("What gets done?")
    if weeks.empty:
        st.caption(none_begins(every))
        return
    chart(
        throughput_chart(weeks, theme, every=every),
        key="delivery_flow",
        alt=f"Items finished and created a {every}, and what is open",
        how_to_read=(
            "Bars: finished. Dashed: created; where it stays above the bars, the pile below "
            f"grows. A hatched bar, a dotted line and its open point: a {every} that is not over."
        ),
        definition=(
            "An item is finished when it reaches a status of the category Done and stays there; "
            "one that is opened again counts once, on the day it was last done."
        ),
        table=weeks,
    )


def times(theme: Theme, weeks: pd.DataFrame, shown: pd.DataFrame, *, every: Grain = "week") -> None:
    """The time items took, by the week or month (`shown`) they were finished in."""
    st.subheader("How long does it take?" + (" (approximate)" if _is_all_rough(weeks) else ""))
    st.markdown(plain(way(weeks)))
    complete = shown[shown["is_complete"].astype(bool)]
    if complete["cycle_time_days_p50"].isna().all():
        st.caption(_no_time(every, has_complete=not complete.empty))
        return
    chart(
        cycle_chart(shown, theme, every=every),
        key="delivery_cycle",
        alt=f"Cycle time percentiles by {every}",
        how_to_read=(
            f"A {every} with nothing finished is a gap, the {every} that is not over is left out. "
            "An open circle: at least one of its times is approximate. Each percentile is of its "
            f"own {every}, none is averaged."
        ),
        definition=ROUGH_TIME if _is_all_rough(weeks) else CYCLE_TIME,
        table=shown[
            [
                f"{every}_start",
                "cycle_time_days_p50",
                "cycle_time_days_p85",
                "lead_time_days_p50",
                "n_finished_with_cycle",
                "n_approximate",
            ]
        ],
    )


def _no_time(every: Grain, *, has_complete: bool) -> str:
    """Why no time is drawn by week or month: none is over, or nothing in them has a cycle time."""
    if has_complete:
        return f"Nothing with a cycle time was finished in a complete {every} of the period above."
    finer = ", or a finer grain" if every == "month" else ""
    return (
        f"No complete {every} lies in the period above, so no time is drawn. Choose a longer "
        f"period{finer}."
    )


def _is_all_rough(weeks: pd.DataFrame) -> bool:
    """Whether no cycle time at all rests on a history."""
    return bool(weeks["n_approximate"].sum() >= weeks["n_finished_with_cycle"].sum())


def open_items(theme: Theme, items: pd.DataFrame) -> None:
    """What is open, by age."""
    st.subheader("How old is what is open?")
    if items.empty:
        st.caption("Nothing is open.")
        return
    bands = age_bands(items)
    chart_when_opened(
        lambda: age_chart(bands, theme),
        label="age of what is open",
        key="delivery_open",
        invalid=str(items.attrs.get("invalid", "")),
        alt="Open items by age and status category",
        how_to_read="Age counts from creation to the last known moment of the issues.",
        table=bands,
    )
    table_when_opened("Every open item", items, key="delivery_open_items")


def forecast(hub: Hub, project: str) -> None:
    """By when what is open is done, and how much gets done, by certainty."""
    st.subheader("When will it be done?")
    rows = queries_changes.delivery_forecasts(hub.build, project)
    known = rows[rows["answer_weeks"].notna() | rows["answer_items"].notna()]
    if known.empty:
        reason = "" if rows.empty else str(rows["reason"].iloc[0] or "")
        st.caption(plain(f"There is no forecast. {reason}"))
        return
    method = plain(str(known["method"].iloc[0]))
    pace = known.iloc[0]
    how_to_read = (
        f"{plain(queries_changes.caveats(pace))} Drawn from the last "
        f"{count(int(pace['n_weeks']), 'complete week')}, "
        f"{float(pace['items_per_week']):.1f} items a week."
    )
    done, many = (known[known["question"] == each] for each in (WHEN, HOW_MANY))
    if done["finish_by"].notna().any():
        st.markdown(plain(done_by(done)))
        chart(
            done_by_chart(done.dropna(subset=["finish_by"]), hub.theme),
            key="delivery_done_by",
            alt=f"By when the open items of {project} are done",
            how_to_read=(
                "A line ends on the day by which all of them are done in that share of the "
                f"simulated futures. {how_to_read}"
            ),
            definition=method,
            table=done.drop(columns=["project", "method", "caveats"]),
        )
    if len(many):
        st.markdown(plain(how_many(many)))
        chart_when_opened(
            lambda: how_many_chart(many, hub.theme),
            label="how many items by when",
            key="delivery_how_many",
            alt=f"How many items {project} finishes in the coming weeks",
            how_to_read="The surer, the fewer: each bar is a number that is reached or passed.",
            table=many.drop(columns=["project", "method", "caveats"]),
        )
