"""What does *Success metrics* show of the chosen KPI: its course, its segments, what moved it?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import kpi_cards, link_cards, queries
from dashboards.charts import calendar_events, release_events
from dashboards.charts_kpi import contribution_chart, contributions, kpi_chart
from dashboards.charts_links import link_name
from dashboards.page_parts import Hub, chart
from dashboards.wording import amount, money_month, period_name, plain, verdict_words

SHOWN = {"day": 120, "week": 60, "month": 25}
MARKERS = ("Releases that moved it", "All releases", "Promotions", "Other events")


def trend(
    hub: Hub, kpi: Any, rows: pd.DataFrame, *, grain: str, start: Any, comparison: str
) -> None:
    """The KPI by period up to `start`, with the markers that are chosen."""
    st.subheader(plain(f"How did {kpi['label'].lower()} go?"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        span = st.segmented_control(
            "Span",
            ("recent", "all"),
            default="recent",
            required=True,
            key="span",
            bind="query-params",
        )
        markers = st.pills(
            "Markers",
            MARKERS,
            default=[MARKERS[0]],
            selection_mode="multi",
            wrap=True,
            key="markers",
            bind="query-params",
        )
    upto = rows[(rows["period_start"] <= start) | ~rows["is_complete"].astype(bool)]
    shown = upto if span == "all" else upto.tail(SHOWN[grain])
    figure = kpi_chart(
        shown,
        hub.theme,
        label=str(kpi["label"]),
        unit=str(kpi["unit"] or ""),
        form=kpi["format"],
        grain=grain,
        markers=_markers(hub, kpi, list(markers or [])),
        show_year_ago=comparison == "a year ago",
    )
    chart(
        figure,
        key="success_metrics_trend",
        alt=f"{kpi['label']} by {grain}",
        how_to_read=(
            f"Each point is one {grain}. Dotted with an open circle: not over yet, so not "
            "compared with anything. Vertical lines: dashed for releases, dotted for events; "
            "hover over a symbol to read it."
        ),
        definition=plain(f"{kpi['description']} Unit {kpi['unit']}, owner {kpi['owner']}."),
        table=shown.drop(columns=["metric_name"]),
    )


def _markers(hub: Hub, kpi: Any, chosen: list[str]) -> pd.DataFrame:
    releases = queries.releases(hub.build)
    if MARKERS[1] not in chosen:
        links = queries.links(hub.build)
        moved = links[(links["verdict"] == "moves") & (links["kpi"] == kpi["metric_name"])]
        models = set(moved["entity"]) if MARKERS[0] in chosen else set()
        releases = releases[releases["model"].isin(models)]
    calendar = calendar_events(queries.calendar(hub.build))
    is_promotion = calendar["kind"] == "promotion"
    wanted = (is_promotion & (MARKERS[2] in chosen)) | (~is_promotion & (MARKERS[3] in chosen))
    return pd.concat([release_events(releases), calendar[wanted]], ignore_index=True)


def segment_contributions(
    hub: Hub, kpi: Any, rows: pd.DataFrame, *, grain: str, start: Any, comparison: str
) -> None:
    """What each segment added to the change between two complete periods."""
    names = list(dict.fromkeys(queries.segments(hub.build)["segment_name"]))
    before = rows.loc[rows["period_start"] == start, kpi_cards.COMPARISONS[comparison][0]]
    st.subheader("Where did the change come from?")
    if not names or before.empty or pd.isna(before.iloc[0]):
        st.caption("There is no complete period to compare with, or the KPI has no segments.")
        return
    by = str(
        st.segmented_control(
            "By", names, default=names[0], required=True, key="by", bind="query-params"
        )
    )
    values = queries.segment_values(
        hub.build, kpi["metric_name"], grain, by, [start, before.iloc[0]]
    )
    table, adds_up = contributions(values, now=start, before=before.iloc[0])
    if table.dropna(subset=["difference"]).empty:
        st.caption(plain(f"{kpi['label']} is not known by {by}."))
        return
    unit, form = str(kpi["unit"] or ""), kpi["format"]
    top = table.iloc[0]
    size = amount(abs(top["difference"]), unit, form=form)
    verb = "added" if top["difference"] > 0 else "took away"
    if adds_up:
        st.markdown(plain(f"{top['segment']} {verb} most: {size}."))
    chart(
        contribution_chart(
            table, hub.theme, unit=unit, form=form, adds_up=adds_up, good=str(kpi["direction"])
        ),
        key="success_metrics_contributions",
        alt=f"Change of {kpi['label']} by {by}",
        how_to_read=(
            f"{period_name(start, grain)} minus {period_name(before.iloc[0], grain)}, whole "
            "company. "
            + (
                "The bars add up to the whole change. "
                if adds_up
                else "Each bar is that segment's own change; for this KPI they do not add up. "
            )
            + "Hatched: less than before."
        ),
        table=table,
    )


def what_moved_it(hub: Hub, kpi: Any) -> None:
    """Links to the evidence for the model metrics that are shown to move the KPI."""
    st.subheader("Which model gains moved it?")
    links = queries.links(hub.build)
    mine = links[links["kpi"] == kpi["metric_name"]]
    moved = mine[mine["verdict"] == "moves"]
    if mine.empty:
        st.caption(plain(f"No model metric has been linked to {kpi['label']} yet."))
    elif moved.empty:
        st.caption(plain(f"None of {len(mine)} model metrics is shown to move {kpi['label']}."))
    for _, row in moved.head(3).iterrows():
        words = verdict_words(row["verdict"], gain=row["money_month"])
        st.page_link(
            "app_pages/what_moves_sales.py",
            label=plain(f"{words.sign} {link_name(row)}"),
            icon=":material/arrow_forward:",
            query_params={"link": link_name(row), "moved": str(row["kpi_label"])},
        )
        st.caption(plain(f"{words.word}: {money_month(row)}"))
    if told := link_cards.overlap(mine):
        st.caption(plain(told))
