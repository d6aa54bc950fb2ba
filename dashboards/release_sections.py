"""What do single releases and experiments say, below the links? Sections of one page."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address, link_cards, queries
from dashboards.charts_releases import gains_chart, impact_chart
from dashboards.deep_links import link_to
from dashboards.explorer_words import metric_address
from dashboards.page_parts import Hub, chart_when_opened, missing, table_when_opened
from dashboards.view import Span
from dashboards.view_bar import within
from dashboards.wording import day_name, is_missing, money_month, plain, verdict_words

HIDDEN = ["impact_id", "caveats", "inputs_build_id"]


def gains(hub: Hub, row: Any) -> None:
    """What each release of the metric added, where the KPI is money."""
    rows = queries.link_rows(hub.build, "mart_link_gains", row["link_id"])
    trends = queries.link_rows(hub.build, "mart_link_gain_trends", row["link_id"])
    if rows.empty:
        return
    st.markdown(f"**Do later releases add less?** {plain(link_cards.trend_sentence(trends))}")
    chart_when_opened(
        lambda: gains_chart(rows, hub.theme, currency=str(row["currency"] or hub.currency)),
        label="what all releases so far are worth",
        key="what_moves_sales_gains",
        alt="Money a month of all releases so far",
        how_to_read=(
            "Each step is one release. The height is what all releases so far are worth together: "
            "the part of today's KPI that would not be there without them, by the one effect that "
            "releases show. The band is that effect's interval."
        ),
        table=rows.drop(columns=["link_id"]),
    )


def release_by_release(hub: Hub, period: Span | None, *, kpi: str = "", model: str = "") -> None:
    """Model releases by themselves, and the course of the chosen one.

    `kpi` (a label) and `model` choose whose, all of them where empty; the one that the address
    names opens although they leave it out.
    """
    st.subheader("What did each release do by itself?")
    impacts = queries.release_impacts(hub.build)
    if impacts.empty:
        missing(hub, "No model release lies inside the days of a KPI.", "releases")
        return
    if period is not None:
        impacts = within(impacts, "released_on", period)
    rows = {str(row["impact_id"]): row for _, row in impacts.iterrows()}
    impacts = impacts[
        (impacts["kpi_label"] == kpi if kpi else True)
        & (impacts["model"] == model if model else True)
        & impacts["impact_id"].notna()
    ]
    mine = address.reachable(list(impacts["impact_id"].astype(str)), rows, key="release")
    if impacts.empty:
        of = " of the KPI and model" if kpi or model else ""
        st.caption(f"0 model releases{of} lie in the period above.")
    else:
        st.markdown(plain(link_cards.release_sentence(impacts)))
    if not mine:
        return
    row = rows[
        address.select("Release", mine, key="release", named=lambda each: _release_name(rows[each]))
    ]
    chosen = _release_name(row)
    words = verdict_words(row["verdict"], gain=row["money_month"])
    st.markdown(
        f"**{words.sign} {words.word}**: {plain(money_month(row))}. {plain(row['verdict_reason'])}"
    )
    days = queries.release_impact_days(hub.build, row["impact_id"])
    if days["counterfactual"].notna().any():
        chart_when_opened(
            lambda: impact_chart(
                days,
                hub.theme,
                kpi=str(row["kpi_label"]),
                unit=str(row["kpi_unit"] or ""),
                released_on=pd.Timestamp(row["released_on"]),
            ),
            label="the KPI around the release",
            key="what_moves_sales_release",
            alt=f"{row['kpi_label']} around {chosen}",
            how_to_read=(
                "The dashed line is what the KPI would have been without the release. The shaded "
                "days right after it are left out, because a roll-out takes time."
            ),
            table=days.drop(columns=["impact_id"]),
            unit=row["kpi_unit"],
        )
    with st.expander("What it rests on"):
        if not is_missing(row["more_needed"]):
            st.markdown(f"**More data:** {plain(row['more_needed'])}")
        for caveat in link_cards.caveats(row):
            st.markdown(f"- {plain(caveat)}")
        st.caption(plain(f"Method: {row['method']}"))
    with st.container(horizontal=True):
        links = queries.links(hub.build)
        mine = links[(links["entity"] == row["model"]) & (links["kpi"] == row["kpi"])]
        if len(mine):
            metric, name = metric_address(mine.iloc[0], links), f"All releases of {row['model']}"
            link_to("link_explorer", name, metric=metric, kpi=str(row["kpi"]))
        link_to("delivery", "The work behind releases")
    table_when_opened("All releases", impacts.drop(columns=HIDDEN), key="what_moves_sales_impacts")


def _release_name(row: Any) -> str:
    return f"{row['model']} {row['version']}, {day_name(row['released_on'])} → {row['kpi_label']}"


def experiments(hub: Hub, period: Span | None, *, model: str = "") -> None:
    """Read-outs, of one model or all; a withheld one says why, a guardrail whether it held."""
    st.subheader("What did experiments say?")
    rows = queries.experiments(hub.build)
    if rows.empty:
        missing(hub, "No experiment has been delivered.", "experiments")
        return
    if period is not None:
        rows = within(rows, "ended_on", period)
    if model:
        rows = rows[rows["model"] == model]
    if rows.empty:
        of = f" of {model}" if model else ""
        st.caption(plain(f"0 experiments{of} ended in the period above."))
        return
    withheld = rows[rows["status"] == "withheld"]
    told = f"{len(rows) - len(withheld)} of {len(rows)} read-outs are shown."
    if len(withheld):
        first = withheld.iloc[0]
        told += f" {len(withheld)} withheld; {first['experiment']}: {first['withheld_reason']}"
    st.markdown(plain(told))
    for _, row in rows[rows["guardrail"] == "guardrail broken"].iterrows():
        st.markdown(
            f"**Guardrail broken** in {plain(row['experiment'])}: {plain(row['guardrail_reason'])}"
        )
    first_columns = ["experiment", "model", "metric", "status", "verdict", "withheld_reason"]
    order = [*first_columns, *(each for each in rows.columns if each not in first_columns)]
    table = rows[order].drop(columns=["caveats"])
    table_when_opened("Every read-out", table, key="what_moves_sales_experiments")
    overlaps = queries.experiment_overlaps(hub.build)
    if len(overlaps):
        table_when_opened(
            "Experiments on the same users",
            overlaps.drop(columns=["caveats"]),
            key="what_moves_sales_overlaps",
        )
