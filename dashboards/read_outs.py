"""What do the read-outs of experiments say: split, lift, guardrails, offline gains, overlap?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries
from dashboards.charts_experiments import WITHHELD, experiment_names, lifts_chart, splits_chart
from dashboards.experiment_sections import offline_against_online
from dashboards.page_parts import Hub, chart, named_select, show_table
from dashboards.wording import count, joined, metric_words, plain, share, told_apart

PAGE = "experiments"
MOST_DRAWN = 30
MOST_TOLD = 5
SIGNS = {"interaction": "⇄", "no interaction seen": "○", "invalid data": "✕"}


def measured(rows: pd.DataFrame) -> list[str]:
    """What read-outs are of: what most experiments measured first, then what is no guardrail."""
    found = rows.assign(spared=rows["guardrail"].notna()).groupby("metric", sort=False)
    order = found.agg(spared=("spared", "max"), experiments=("experiment", "nunique"))
    order = order.sort_values(["experiments", "spared"], ascending=[False, True], kind="stable")
    return [str(metric) for metric in order.index]


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
            "zero the direction is open. The symbol tells the verdict, which counts all metrics "
            "and variants of an experiment, guardrails too: a bar that just clears zero may still "
            "be open. Not enough data is not the same as no effect: the table holds the smallest "
            "lift that would have shown."
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
    of = f"{held['experiment'].nunique()} of {count(every['experiment'].nunique(), 'experiment')}"
    st.markdown(
        plain(
            f"{of} report a guardrail; {len(broken)} of {count(len(held), 'read-out')} "
            f"{'is' if len(broken) == 1 else 'are'} broken, "
            f"{int((held['guardrail'] == 'guardrail held').sum())} held."
        )
    )
    for _, row in broken.iterrows():
        st.markdown(f"**✕ {plain(row['experiment'])}:** {plain(row['guardrail_reason'])}")
    columns = ["experiment", "guardrail", "guardrail_reason", "metric", "variant"]
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
    words = {
        name: f"{row['model']} {metric_words(str(row['offline_metric']))}"
        for name, row in pairs.items()
    }
    first = pairs[named_select("Offline metric", told_apart(words), key="offline")]
    given = (str(first["model"]), str(first["offline_metric"]), str(first["metric"]))
    every = queries.offline_experiments(hub.build, *given)
    if told := beyond_period(rows, every):
        st.caption(plain(told))
    offline_against_online(
        hub,
        every,
        queries.experiment_links(hub.build, *given),
        page=PAGE,
    )


def beyond_period(rows: pd.DataFrame, every: pd.DataFrame) -> str:
    """That a scatter holds `every` experiment of its pair, where `rows` of the period are fewer."""
    ended = set(rows["experiment"])
    known = set(every.loc[every["status"] != WITHHELD, "experiment"])
    if known <= ended:
        return ""
    return (
        f"All {count(len(known), 'experiment')} on this pair are in it, whenever they ended: the "
        f"line is estimated from all of them. {len(known & ended)} of them ended in the period "
        "above."
    )


def _shares(row: Any) -> str:
    """How much of each experiment the users in both are; said once where it is the same."""
    first, second = share(row["share_of_first"]), share(row["share_of_second"])
    return f"{first} of each" if first == second else f"{first} and {second} of them"


def _disturbed(found: pd.DataFrame) -> list[str]:
    """The metrics on which one experiment changed another's effect."""
    metrics = found.loc[found["verdict"] == "interaction", "metric"]
    return list(dict.fromkeys(str(metric) for metric in metrics))


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
    disturbed = int((found["verdict"] == "interaction").sum())
    st.markdown(
        plain(
            f"{disturbed} of {count(len(found), 'comparison')} of experiments on the same users "
            f"{'shows' if disturbed == 1 else 'show'} that one changed the other's effect."
        )
    )
    for _, row in found[found["verdict"].isin(list(SIGNS))].head(MOST_TOLD).iterrows():
        st.markdown(
            f"**{SIGNS[str(row['verdict'])]} {plain(row['first'])} and {plain(row['second'])}**, "
            + plain(
                f"{metric_words(str(row['metric']))}, "
                f"{count(int(row['users_in_both']), 'user')} in both ({_shares(row)}): "
                f"{row['verdict']}. {row['verdict_reason']}"
            )
        )
    changed = joined([metric_words(name) for name in _disturbed(found)])
    st.caption(
        f"Where two disturb each other, neither one's read-out of {plain(changed)} tells what it "
        "does alone: read both out among the users who had the other's control, or run them one "
        "after the other."
        if disturbed
        else "A shared user is counted in both read-outs; that harms neither while none changed "
        "the other's effect."
    )
    show_table(
        found.drop(columns=["caveats"]),
        key=f"{PAGE}_overlaps",
        first=["verdict", "first", "second"],
    )
