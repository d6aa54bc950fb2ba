"""Are we on target, and what changed?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import kpi_cards, queries
from dashboards.kpi_sections import segment_contributions, trend, what_moved_it
from dashboards.page_parts import Hub, answer, begin, missing, show_table
from dashboards.wording import period_name, plain

GRAINS = ("month", "week", "day")
WHOLE = "Whole company"
LATEST = "Latest complete"


def main() -> None:
    hub = begin("Are we on target, and what changed?")
    kpis = kpi_cards.ordered(queries.kpis(hub.build))
    if kpis.empty:
        missing(hub, "There is no KPI yet: nothing has been sold in what was delivered.", "sales")
        return
    grain, start, comparison, segment = _bar(hub)
    periods = queries.kpi_periods(hub.build, grain, segment)
    if start is None:
        missing(hub, f"No {grain} is complete yet; try a finer grain.", "sales")
        return
    cards = [
        kpi_cards.card(
            kpi,
            periods[periods["metric_name"] == kpi["metric_name"]],
            grain=grain,
            start=start,
            comparison=comparison,
        )
        for _, kpi in kpis.iterrows()
    ]
    answer(plain(kpi_cards.sentence(cards[0])))
    _show_cards(cards[: kpi_cards.MOST_CARDS])
    names = dict(zip(kpis["label"], kpis["metric_name"], strict=True))
    label = st.selectbox("KPI to look at", list(names), key="kpi", bind="query-params", width=320)
    kpi = kpis[kpis["metric_name"] == names[str(label)]].iloc[0]
    rows = periods[periods["metric_name"] == kpi["metric_name"]]
    trend(hub, kpi, rows, grain=grain, start=start, comparison=comparison)
    segment_contributions(hub, kpi, rows, grain=grain, start=start, comparison=comparison)
    what_moved_it(hub, kpi)


def _bar(hub: Hub) -> tuple[str, Any, str, tuple[str, str]]:
    """Period, grain, comparison and segment, kept in the URL."""
    choices: dict[str, tuple[str, str]] = {WHOLE: (queries.TOTAL, queries.TOTAL)}
    for _, row in queries.segments(hub.build).iterrows():
        value = "not known" if row["segment_value"] == "__null__" else row["segment_value"]
        choices[f"{row['segment_name']} {value}"] = (row["segment_name"], row["segment_value"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        grain = str(
            st.segmented_control(
                "Grain", GRAINS, default="month", required=True, key="grain", bind="query-params"
            )
        )
        total = queries.kpi_periods(hub.build, grain, (queries.TOTAL, queries.TOTAL))
        starts = {period_name(s, grain): s for s in kpi_cards.complete_periods(total)}
        period = st.selectbox(
            "Period", [LATEST, *starts], key="period", bind="query-params", width=210
        )
        comparison = st.segmented_control(
            "Compared with",
            list(kpi_cards.COMPARISONS),
            default="previous period",
            required=True,
            key="comparison",
            bind="query-params",
        )
        segment = st.selectbox(
            "Segment", list(choices), key="segment", bind="query-params", width=210
        )
    latest = next(iter(starts.values()), None)
    return grain, starts.get(str(period), latest), str(comparison), choices[str(segment)]


def _show_cards(cards: list[kpi_cards.Card]) -> None:
    with st.container(horizontal=True):
        for each in cards:
            with st.container(width=300, border=True):
                colour = {True: "blue", False: "orange", None: "gray"}
                st.metric(
                    plain(f"{each.label} · {each.period}"),
                    each.value,
                    delta=each.main.words if each.main else None,
                    delta_color=colour[each.main.is_good if each.main else None],  # type: ignore[arg-type]
                    delta_arrow=each.main.arrow if each.main else "off",  # type: ignore[arg-type]
                    delta_description=each.main.judgement if each.main else None,
                    chart_data=list(each.spark),
                    help=plain(f"{each.description} ({each.note})"),
                )
                lines = [each.main_words, each.other_words, each.target_words]
                st.caption("  \n".join(plain(line) for line in lines if line))
    with st.expander("Table"):
        show_table(kpi_cards.table(cards), key="success_metrics_cards")


main()
