"""What does *Success metrics* show of the end of the period that is filling?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import forecast_words, queries, queries_changes
from dashboards.charts_forecast import forecast_chart
from dashboards.page_parts import Hub, chart_when_opened, table_when_opened
from dashboards.wording import period_name, plain


def by_metric(hub: Hub, grain: str, segment: tuple[str, str]) -> dict[str, Any]:
    """The forecasts of the whole company's KPIs at this grain, those without one included."""
    if segment[0] != queries.TOTAL:
        return {}
    rows = queries_changes.forecasts(hub.build, grain)
    return {str(row["metric_name"]): row for _, row in rows.iterrows()}


def outlooks(forecasts: dict[str, Any]) -> dict[str, str]:
    """Where each KPI's period will end, in a line, where that is known."""
    return {
        metric: forecast_words.outlook(row)
        for metric, row in forecasts.items()
        if forecast_words.is_known(row)
    }


def end_of_period(hub: Hub, kpi: Any, forecast: Any | None) -> None:
    """Where the period will end, day by day, and how good such forecasts were."""
    if forecast is None:
        return
    if not forecast_words.is_known(forecast):
        st.subheader("Where will the period end?")
        st.caption(plain(f"No forecast of {kpi['label']}: {forecast['reason']}"))
        return
    st.subheader(f"Where will {period_name(forecast['period_start'], forecast['grain'])} end?")
    st.markdown(plain(forecast_words.sentence(forecast)))
    metric, grain = str(kpi["metric_name"]), str(forecast["grain"])
    days = queries_changes.forecast_days(hub.build, metric, grain)
    chart_when_opened(
        lambda: forecast_chart(
            days, hub.theme, label=str(kpi["label"]), unit=str(kpi["unit"] or "")
        ),
        label="seen and expected, day by day",
        key="success_metrics_forecast",
        invalid=queries.invalid(hub.build, "metric", [kpi["metric_name"]]),
        alt=f"{kpi['label']} by day, seen and expected",
        how_to_read=(
            "Solid: seen. Dashed with open circles: expected of that day alone, with bands that "
            "hold 80 and 95 of 100 such days. The days still open are compared with nothing."
        ),
        definition=plain(forecast["method"]),
        table=days.drop(columns=["metric_name", "grain"]),
        unit=kpi["unit"],
    )
    tests = queries_changes.forecast_back_tests(hub.build, metric, grain)
    told = [forecast_words.back_tests(forecast, tests), *forecast_words.caveats(forecast)]
    st.caption(plain(" ".join(told)))
    table_when_opened(
        "Earlier forecasts and what came",
        tests.drop(columns=["metric_name", "grain"]),
        key="success_metrics_back_tests",
        unit=kpi["unit"],
    )
