"""Are we on target, and what changed?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import forecast_sections, forecast_words, kpi_cards, queries
from dashboards.kpi_sections import segment_contributions, show_cards, trend, what_moved_it
from dashboards.page_parts import Hub, answer, begin, missing
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
    forecasts = forecast_sections.by_metric(hub, grain, segment)
    shown = cards[: kpi_cards.MOST_CARDS]
    show_cards(shown, forecast_sections.outlooks(forecasts))
    names = dict(zip(kpis["label"], kpis["metric_name"], strict=True))
    label = st.selectbox("KPI to look at", list(names), key="kpi", bind="query-params", width=320)
    kpi = kpis[kpis["metric_name"] == names[str(label)]].iloc[0]
    rows = periods[periods["metric_name"] == kpi["metric_name"]]
    forecast = forecasts.get(str(kpi["metric_name"]))
    trend(
        hub,
        kpi,
        rows,
        grain=grain,
        start=start,
        comparison=comparison,
        forecast=forecast if forecast_words.is_known(forecast) else None,
    )
    forecast_sections.end_of_period(hub, kpi, forecast)
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
            "Period", [LATEST, *starts], key="period", bind="query-params", width=160
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
            "Segment", list(choices), key="segment", bind="query-params", width=160
        )
    latest = next(iter(starts.values()), None)
    return grain, starts.get(str(period), latest), str(comparison), choices[str(segment)]


main()
