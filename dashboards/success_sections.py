"""What stands at the top of *Success metrics*: on target, what changed, what moved it?"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries, queries_company, success_words
from dashboards.change_sections import usual_cut
from dashboards.charts_kpi import contributions
from dashboards.kpi_cards import Card
from dashboards.mark_words import open_question
from dashboards.page_parts import Hub, answer
from dashboards.wording import plain

_JUDGED = re.compile(r"(?<=[✓✕]) (?=\d)")


def answers(
    hub: Hub,
    kpi: Any,
    cards: list[Card],
    *,
    forecast: Any | None,
    drivers: pd.DataFrame,
) -> None:
    """Four answers on the first KPI above all cards, a line each, for readers with ten seconds."""
    doubt = _doubt(hub, kpi)
    answer(f"On target? {_written(doubt + success_words.on_target(cards[0]))}")
    changed = success_words.what_changed(cards[0])
    moved = success_words.what_moved(drivers, largest_part(hub, kpi, drivers), kpi)
    if len(drivers):
        row = drivers.iloc[0]
        apart = success_words.beside(
            queries.calendar(hub.build),
            now=row["period_start"],
            before=row["before_start"],
            grain=row["grain"],
        )
        moved = f"{moved} {apart}".rstrip()
    told = {"What changed?": changed, "What moved it?": moved}
    if expected := success_words.what_is_expected(forecast):
        told["What do we expect?"] = expected
    lines = [f"**{asked}** {_written(doubt + said)}" for asked, said in told.items()]
    st.markdown("  \n".join(lines))


def year_to_date(hub: Hub, grain: str, start: Any, segment: tuple[str, str]) -> dict[str, Any]:
    """By KPI of the whole company with a target: its year up to the period that starts then."""
    if segment[0] != queries.TOTAL:
        return {}
    rows = queries_company.year_to_date(hub.build, grain, start)
    return {str(row["metric_name"]): row for _, row in rows.iterrows()}


def worth(hub: Hub, kpi: Any, *, of: str = "") -> None:
    """Below the cards: what model gains carry of the KPI, which is no part of its change.

    `of` as of `success_words.of_whole`.
    """
    told = success_words.what_gains_are_worth(queries.links(hub.build), kpi, of=of)
    st.markdown(f"**What are model gains worth?** {_written(_doubt(hub, kpi) + told)}")


def _doubt(hub: Hub, kpi: Any) -> str:
    return open_question(queries.invalid(hub.build, "metric", [kpi["metric_name"]]))


def _written(sentence: str) -> str:
    """As Markdown; a number and the sign that judges it stay on one line."""
    return _JUDGED.sub("\N{NO-BREAK SPACE}", plain(sentence))


def largest_part(hub: Hub, kpi: Any, drivers: pd.DataFrame) -> str:
    """The part that changed most of the cut that the chart opens with, in words; or nothing."""
    names = list(dict.fromkeys(queries.segments(hub.build)["segment_name"]))
    by = usual_cut(names)
    if drivers.empty or not by:
        return ""
    row = drivers.iloc[0]
    starts = [row["period_start"], row["before_start"]]
    values = queries.segment_values(hub.build, kpi["metric_name"], str(row["grain"]), by, starts)
    table, adds_up = contributions(values, now=starts[0], before=starts[1])
    if not adds_up:
        return ""
    change = float(row["revenue_now"]) - float(row["revenue_before"])
    unit, form = str(kpi["unit"]), kpi["format"]
    return success_words.largest_part(by, table.iloc[0], change, unit=unit, form=form)
