"""What did the released work of a project lead to, by itself and over all releases of a model?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import queries, queries_changes, queries_delivery
from dashboards.deep_links import link_to
from dashboards.delivery_words import by_itself, effect, of_model, worth_in_short
from dashboards.explorer_words import metric_address
from dashboards.page_parts import Hub, table_when_opened
from dashboards.wording import count, plain

MOST_TOLD = 3
BY_ITSELF = "release by itself"


def released_work(hub: Hub, project: str) -> None:
    """From work to release to effect, as far as each is known."""
    st.subheader("What did the work lead to?")
    rows = queries_changes.delivery_releases(hub.build, project)
    if rows.empty:
        st.caption("Not known: no issue of this project names a released version as fix version.")
        return
    told = rows[rows["effect_kind"].notna()]
    shown = told[told["effect_words"].isin(["moves", "rose", "fell"])]
    versions = rows.drop_duplicates(["model", "version"])
    with_effect = shown.drop_duplicates(["model", "version"])
    st.markdown(
        plain(
            f"{count(len(versions), 'release')} carried items of {project}; "
            f"{len(with_effect) or 'none'} of them {'show' if len(with_effect) > 1 else 'shows'} "
            "an effect by itself."
        )
    )
    for _, row in shown.head(MOST_TOLD).iterrows():
        st.markdown(f"- {plain(effect(row))}")
        _effect_link(row)
    every = queries.links(hub.build)
    links = model_links(every, rows)
    _models(hub, rows, links, every)
    worth = {str(link["entity"]): worth_in_short(link) for link in links.to_dict("records")}
    table = rows.drop(columns=["project", "effect_id"])
    # an amount without a verdict is no amount
    amounts = ["money_month", "money_month_low", "money_month_high"]
    table[amounts] = table[amounts].where(table["effect_words"] == "moves")
    table["over_all_releases_of_the_model"] = table["model"].map(worth)
    table_when_opened("Every release and its effect", table, key="delivery_releases")
    _items(hub, project, worth)


def model_links(links: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """One link for each model whose releases carried work: the declared pair, on the same KPI.

    `links` in the order of `queries.links`, `rows` as of `queries_changes.delivery_releases`.
    Which of a model's metrics is told does not hang on its verdict where one is declared.
    """
    of_models = rows[rows["effect_kind"] == BY_ITSELF]
    mine = links[
        links["entity"].isin(of_models["model"]) & links["kpi_label"].isin(of_models["effect_on"])
    ]
    first = mine.sort_values("is_primary", ascending=False, kind="stable")
    return first.drop_duplicates("entity").sort_index()


def _models(hub: Hub, rows: pd.DataFrame, links: pd.DataFrame, every: pd.DataFrame) -> None:
    """What each model's gains are worth over all its releases, then its newest one by itself.

    `links` are those of the models, one each, out of `every` link there is.
    """
    if links.empty:
        return
    st.markdown(
        "**What are the gains of their models worth?** Told of all releases of a model together; "
        "no part of it is any single release's own."
    )
    impacts = queries.release_impacts(hub.build).set_index("impact_id")
    for link in links.head(MOST_TOLD).to_dict("records"):
        st.markdown(of_model(link))
        newest = rows[(rows["model"] == link["entity"]) & (rows["effect_kind"] == BY_ITSELF)]
        newest = newest.sort_values("released_on", kind="stable").iloc[-1]
        found = impacts[impacts.index == newest["effect_id"]]
        st.markdown(f"- {plain(by_itself(newest, None if found.empty else found.iloc[0]))}")
        with st.container(horizontal=True):
            link_to(
                "link_explorer",
                f"All releases of {link['entity']}",
                metric=metric_address(link, every),
                kpi=str(link["kpi"]),
            )
            link_to(
                "what_moves_sales",
                f"{newest['model']} {newest['version']} by itself",
                release=str(newest["effect_id"]),
            )


def _items(hub: Hub, project: str, worth: dict[str, str]) -> None:
    """Which item went out with what, and what is known of that release's effect."""
    rows = queries_delivery.issue_releases(hub.build, project)
    if rows.empty:
        return
    rows = rows.drop(columns=["project", "effect_id"])
    rows["over_all_releases_of_the_model"] = rows["model"].map(worth)
    table_when_opened(
        "Every item, its release and the effect that tells most",
        rows,
        key="delivery_issue_releases",
    )


def _effect_link(row: Any) -> None:
    """To the page where the effect is shown."""
    if row["effect_kind"] == BY_ITSELF:
        link_to("what_moves_sales", "What moves sales", release=str(row["effect_id"]))
    else:
        link_to("service_health", "Service health", service=str(row["effect_of"]))
