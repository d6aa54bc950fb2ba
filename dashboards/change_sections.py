"""Where did a KPI's change come from: segments, products, more pieces or other prices?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address, kpi_cards, queries, queries_company, success_words
from dashboards.charts_kpi import contribution_chart, contributions
from dashboards.charts_waterfall import waterfall_chart
from dashboards.page_parts import Hub, chart
from dashboards.wording import joined, period_name, plain

PRODUCT = "product"
DRIVERS = "volume and price"
MARTS_OF = {"previous period": "previous", "a year ago": "year_ago"}
DRIVEN = "revenue"
_STEP = (
    "The scale is the change and begins at zero. Each bar begins where the one above ends; the "
    "grey one is the whole change. "
)
_OWN = "Each bar is its own change; for this KPI they do not add up. "


def drivers(hub: Hub, kpi: Any, *, grain: str, start: Any, comparison: str) -> pd.DataFrame:
    """What the change of revenue consists of, products first; empty for any other KPI."""
    if kpi["metric_name"] != DRIVEN or comparison not in MARTS_OF:
        return pd.DataFrame()
    return queries_company.drivers(hub.build, grain, start, MARTS_OF[comparison])


def usual_cut(names: list[str]) -> str:
    """The segment that a change is taken apart by at first, in the sentence and in the chart."""
    return "country" if "country" in names else next(iter(names), "")


def where_from(
    hub: Hub, kpi: Any, rows: pd.DataFrame, *, grain: str, start: Any, comparison: str, of: str = ""
) -> None:
    """What each part added to the change between two complete periods of the whole company.

    `of` as of `success_words.of_whole`.
    """
    if comparison not in kpi_cards.COMPARISONS:
        return
    before = rows.loc[rows["period_start"] == start, kpi_cards.COMPARISONS[comparison][0]]
    st.subheader(f"Where did the change{of} come from?")
    parts = drivers(hub, kpi, grain=grain, start=start, comparison=comparison)
    names = list(dict.fromkeys(queries.segments(hub.build)["segment_name"]))
    if kpi["metric_name"] in queries_company.product_kpis(hub.build, grain):
        names.append(PRODUCT)
    if len(parts):
        names.append(DRIVERS)
    if not names or before.empty or pd.isna(before.iloc[0]):
        st.caption("There is no complete period to compare with, or the KPI has no segments.")
        return
    by = str(address.segments("By", names, key="by", usual=usual_cut(names)))
    starts = [start, before.iloc[0]]
    if by == DRIVERS:
        _drivers(hub, kpi, parts, grain=grain, starts=starts, of=of)
    else:
        _segments(hub, kpi, by, grain=grain, starts=starts, of=of)


def _segments(hub: Hub, kpi: Any, by: str, *, grain: str, starts: list[Any], of: str) -> None:
    metric = str(kpi["metric_name"])
    if by == PRODUCT:
        values = queries_company.product_values(hub.build, metric, grain, starts)
    else:
        values = queries.segment_values(hub.build, metric, grain, by, starts)
    table, adds_up = contributions(values, now=starts[0], before=starts[1])
    if table.dropna(subset=["difference"]).empty:
        st.caption(plain(f"{kpi['label']} is not known by {by}."))
        return
    unit, form = str(kpi["unit"] or ""), kpi["format"]
    if adds_up:
        whole = values[values["segment_value"] == queries.TOTAL].sort_values("period_start")
        ends = whole["value"].tolist()
        change = float(ends[-1]) - float(ends[0])
        told = success_words.added_most(by, table.iloc[0], change, unit=unit, form=form, of=of)
        st.markdown(plain(told))
        _waterfall(hub, kpi, table, by, ends, grain=grain, starts=starts)
        return
    chart(
        contribution_chart(
            table, hub.theme, unit=unit, form=form, adds_up=False, good=str(kpi["direction"])
        ),
        key="success_metrics_contributions",
        invalid=queries.invalid(hub.build, "metric", [metric]),
        alt=f"Change of {kpi['label']} by {by}",
        how_to_read=_how(_OWN, grain, starts),
        table=table,
        unit=kpi["unit"],
    )


def _drivers(
    hub: Hub, kpi: Any, parts: pd.DataFrame, *, grain: str, starts: list[Any], of: str
) -> None:
    row = parts.iloc[0]
    unit, form = str(kpi["unit"] or ""), kpi["format"]
    st.markdown(plain(f"{joined(success_words.driver_words(row, unit=unit, form=form))}{of}."))
    if told := success_words.products_words(row, unit=unit, form=form):
        st.caption(plain(told))
    ends = [float(row["revenue_before"]), float(row["revenue_now"])]
    table = success_words.driver_table(row)
    _waterfall(
        hub,
        kpi,
        table,
        DRIVERS,
        ends,
        grain=grain,
        starts=starts,
        definition=success_words.METHODS[str(row["basis"])],
    )


def _waterfall(
    hub: Hub,
    kpi: Any,
    table: pd.DataFrame,
    by: str,
    ends: list[float],
    *,
    grain: str,
    starts: list[Any],
    definition: str = "",
) -> None:
    now, before = (period_name(each, grain) for each in starts)
    chart(
        waterfall_chart(
            table,
            hub.theme,
            unit=str(kpi["unit"] or ""),
            form=kpi["format"],
            good=str(kpi["direction"]),
            before=(before, float(ends[0])),
            now=(now, float(ends[-1])),
        ),
        key="success_metrics_contributions",
        invalid=queries.invalid(hub.build, "metric", [kpi["metric_name"]]),
        alt=f"Change of {kpi['label']} by {by}",
        how_to_read=_how(_STEP, grain, starts),
        definition=plain(definition),
        table=table,
        unit=kpi["unit"],
    )


def _how(bars: str, grain: str, starts: list[Any]) -> str:
    now, before = (period_name(each, grain) for each in starts)
    return f"From {before} to {now}, whole company. {bars}Hatched: less than before."
