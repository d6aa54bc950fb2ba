"""What do all experiments on one offline metric say together? A section of two pages."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.charts_experiments import WITHHELD, are_log_changes, offline_chart
from dashboards.link_cards import caveats
from dashboards.page_parts import Hub, chart
from dashboards.wording import (
    count,
    estimate,
    is_missing,
    metric_words,
    p_said,
    plain,
    verdict_words,
)

LINES = (
    "Noise in the offline gains flattens a plain line (dashed); the solid one is corrected for it. "
)
LOG_SCALE = "A log change of 0.05 is a gain of about 5 %. "
LOG_GAINS = "relative lift per log offline gain"


def offline_against_online(hub: Hub, rows: pd.DataFrame, links: pd.DataFrame, *, page: str) -> None:
    """Experiments on one model, offline metric and business metric, and their regression.

    `rows` are their read-outs; `links` holds the one row of what they say together, or none.
    """
    link = None if links.empty else links.iloc[0]
    first = rows.iloc[0]
    st.markdown(_together(link, first))
    is_drawn = link is not None and same_scale(rows, link)
    has_lines = link is not None and is_drawn and not is_missing(link["effect"])
    if link is not None and not is_drawn:
        st.caption(
            "The line is not drawn: the slope is per log gain, and no read-out's offline gain is "
            "known as a log change."
        )
    chart(
        offline_chart(
            rows,
            hub.theme,
            link=link if is_drawn else None,
            offline=metric_words(str(first["offline_metric"])),
            metric=metric_words(str(first["metric"])),
        ),
        key=f"{page}_offline",
        alt=f"Offline gain of {first['offline_metric']} against lift of {first['metric']}",
        how_to_read=(
            "Each point is an experiment, its bars the 95 % error offline and online. "
            + (LOG_SCALE if are_log_changes(rows) else "")
            + (LINES if has_lines else "")
            + "Withheld read-outs are not in it."
        ),
        table=rows.drop(columns=["caveats"]),
    )
    if link is not None:
        with st.expander("What it rests on"):
            for caveat in caveats(link):
                st.markdown(f"- {plain(caveat)}")
            st.caption(plain(f"Method: {link['method']}"))


def _together(link: Any | None, first: Any) -> str:
    pair = f"{first['offline_metric']} and {first['metric']} of {first['model']}"
    if link is None:
        return plain(f"Experiments on {pair} have not been put together.")
    words = verdict_words(str(link["verdict"]), gain=link["effect"])
    said = estimate(link["effect"], link["effect_low"], link["effect_high"], link["effect_unit"])
    parts = [f"{said}, {p_said(link['p_value'])}, from"]
    parts.append(count(int(link["n_experiments"]), "experiment"))
    if not is_missing(link["n_withheld"]) and int(link["n_withheld"]):
        parts.append(f"({int(link['n_withheld'])} withheld)")
    needed = link["experiments_needed"]
    more = "" if is_missing(needed) else f" About {count(int(needed), 'experiment')} would do."
    told = f"{' '.join(parts)}. {link['verdict_reason']}{more}"
    return f"**{words.sign} {words.word}**: {plain(told)}"


def same_scale(rows: pd.DataFrame, link: Any) -> bool:
    """Whether the slope is per gain as the read-outs are drawn; so it is when there is none."""
    if is_missing(link["effect"]):
        return True
    return (str(link["effect_unit"]) == LOG_GAINS) == are_log_changes(rows)


def experiments_sentence(rows: pd.DataFrame, metric: str) -> str:
    """How many read-outs of a metric there are, moved it, and are withheld."""
    names = rows["experiment"].nunique()
    is_withheld = rows["status"] == WITHHELD
    withheld = int(is_withheld.sum())
    moving = rows.loc[(rows["verdict"] == "moves") & ~is_withheld, "lift"]
    up = int((moving > 0).sum())
    ways = f" ({up} up, {len(moving) - up} down)" if len(moving) else ""
    shown = len(rows) - withheld
    told = f"{len(moving)} of {count(shown, 'read-out')} moved {metric} by more than chance{ways}"
    return f"{told}; {withheld} withheld; {count(names, 'experiment')} measured it."
