"""What stands at the top of *Success metrics*: on target, what changed, what moved it?"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries, success_words
from dashboards.charts_kpi import contributions, signed
from dashboards.kpi_cards import Card
from dashboards.mark_words import open_question
from dashboards.page_parts import Hub, answer
from dashboards.wording import plain

_UNIT = re.compile(r"(?<=\d) (?=[€$£%])")


def answers(
    hub: Hub,
    kpi: Any,
    cards: list[Card],
    *,
    forecast: Any | None,
    drivers: pd.DataFrame,
) -> None:
    """Three sentences on the first KPI and its neighbours, for readers with ten seconds."""
    links = queries.links(hub.build)
    part = largest_part(hub, kpi, drivers)
    doubt = open_question(queries.invalid(hub.build, "metric", [kpi["metric_name"]]))
    answer(f"On target? {_written(doubt + success_words.on_target(cards[0], forecast))}")
    changed = success_words.what_changed(cards)
    moved = success_words.what_moved(drivers, part, kpi)
    worth = success_words.what_gains_are_worth(links, kpi)
    for question, sentence in (
        ("What changed?", changed),
        ("What moved it?", moved),
        ("What are model gains worth?", worth),
    ):
        st.markdown(f"**{question}** {_written(doubt + sentence)}")


def _written(sentence: str) -> str:
    """As Markdown; a number and its unit stay on one line."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", plain(sentence))


def largest_part(hub: Hub, kpi: Any, drivers: pd.DataFrame) -> str:
    """`country: DE −12,000 €`: the part of the first segment that changed most; else empty."""
    names = list(dict.fromkeys(queries.segments(hub.build)["segment_name"]))
    by = "country" if "country" in names else next(iter(names), "")
    if drivers.empty or not by:
        return ""
    row = drivers.iloc[0]
    starts = [row["period_start"], row["before_start"]]
    values = queries.segment_values(hub.build, kpi["metric_name"], str(row["grain"]), by, starts)
    table, adds_up = contributions(values, now=starts[0], before=starts[1])
    if not adds_up:
        return ""
    top = table.iloc[0]
    return f"{by}: {top['segment']} {signed(top['difference'], str(kpi['unit']), kpi['format'])}"
