"""What do the read-outs of experiments say: split, lift, guardrails, offline gains, overlap?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import address, queries
from dashboards.charts_experiments import WITHHELD, experiment_names, lifts_chart, splits_chart
from dashboards.experiment_sections import offline_against_online
from dashboards.page_parts import Hub, chart, show_table
from dashboards.wording import is_missing, plain

PAGE = "experiments"
MOST_DRAWN = 30


def splits(hub: Hub, rows: pd.DataFrame) -> None:
    """First of all whether users were split as planned: without that nothing else counts."""
    st.subheader("Were users split as planned?")
    for name, (_, row) in zip(experiment_names(rows), rows.iterrows(), strict=True):
        if row["status"] == WITHHELD:
            st.markdown(f"**✕ {plain(name)} is withheld:** {plain(row['withheld_reason'])}")
    columns = ["experiment", "variant", "users_control", "users_treatment", "expected_share"]
    chart(
        splits_chart(rows.head(MOST_DRAWN), hub.theme),
        key=f"{PAGE}_splits",
        alt="Share of users in the treatment beside the planned share, by experiment",
        how_to_read=(
            "The bar is the planned share of users, the circle the one seen. Chance moves the "
            "circle a little; a cross is farther off than chance does (p below 0.001), so users "
            "were lost on one side and no effect is shown."
        ),
        table=rows[[*columns, "sample_ratio_p", "status", "withheld_reason"]],
    )


def lifts(hub: Hub, rows: pd.DataFrame, *, metric: str) -> None:
    st.subheader("What did each measure?")
    chart(
        lifts_chart(rows.head(MOST_DRAWN), hub.theme, metric=metric),
        key=f"{PAGE}_lifts",
        alt=f"Lift of {metric} with its 95 % interval, by experiment",
        how_to_read=(
            "Each symbol is the treatment against the control, the bar its 95 % interval; across "
            "zero the direction is open. The symbol tells the verdict. Not enough data is not "
            "the same as no effect: the table holds the smallest lift that would have shown."
        ),
        table=rows.drop(columns=["caveats"]),
    )


def guardrails(every: pd.DataFrame) -> None:
    """Whether what must not fall has fallen, over all metrics."""
    st.subheader("Did the guardrails hold?")
    held = every[every["guardrail"].notna()]
    if held.empty:
        st.markdown(
            "0 guardrails were read out: name them under `guardrails` in hub.yml, with the "
            "fall that would matter."
        )
        return
    broken = held[held["guardrail"] == "guardrail broken"]
    st.markdown(f"{len(broken)} of {len(held)} are broken.")
    for _, row in broken.iterrows():
        st.markdown(f"**✕ {plain(row['experiment'])}:** {plain(row['guardrail_reason'])}")
    columns = ["experiment", "variant", "metric", "guardrail", "guardrail_reason"]
    show_table(held[columns], key=f"{PAGE}_guardrails")


def offline(hub: Hub, rows: pd.DataFrame) -> None:
    """All experiments on one offline metric against what they did online."""
    st.subheader("Do offline gains come true online?")
    known = rows.dropna(subset=["offline_metric", "offline_delta", "lift"])
    if known.empty:
        st.info(
            "0 read-outs tell an offline gain: the experiments' files need offline_metric, "
            "offline_delta and offline_se."
        )
        return
    pairs = {f"{row['model']}/{row['offline_metric']}": row for _, row in known.iterrows()}
    chosen = address.select("Offline metric", list(pairs), key="offline")
    first = pairs[chosen]
    given = (str(first["model"]), str(first["offline_metric"]), str(first["metric"]))
    offline_against_online(
        hub,
        queries.offline_experiments(hub.build, *given),
        queries.experiment_links(hub.build, *given),
        page=PAGE,
    )


def overlaps(hub: Hub) -> None:
    """Experiments on the same users, and whether they changed each other's effects."""
    st.subheader("Did experiments disturb each other?")
    found = queries.experiment_overlaps(hub.build)
    if found.empty:
        st.markdown(
            "0 pairs could be looked at: that takes rows of users (which variants each saw), and "
            "two experiments on the same ones."
        )
        return
    for _, row in found.iterrows():
        if row["verdict"] == "moves" and not is_missing(row["verdict_reason"]):
            st.markdown(
                f"**⇄ {plain(row['first'])} and {plain(row['second'])}:** "
                f"{plain(row['verdict_reason'])}"
            )
    show_table(found.drop(columns=["caveats"]), key=f"{PAGE}_overlaps")
