"""What stands at the top of *Success metrics*: on target, what changed, what moved it?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries, success_words
from dashboards.kpi_cards import Card
from dashboards.page_parts import Hub
from dashboards.wording import plain


def answers(
    hub: Hub, kpi: Any, cards: list[Card], *, forecast: Any | None, drivers: pd.DataFrame
) -> None:
    """Three sentences on the first KPI and its neighbours, for readers with ten seconds."""
    links = queries.links(hub.build)
    said = (
        ("On target?", success_words.on_target(cards[0], forecast)),
        ("What changed?", success_words.what_changed(cards)),
        ("What moved it?", success_words.what_moved(drivers, links, kpi)),
    )
    for question, sentence in said:
        st.markdown(f"**{question}** {plain(sentence)}")
