"""What does *What moves sales* show of one link: its card, its effect, its series and releases?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import address, link_cards, queries
from dashboards.charts import marked_as
from dashboards.charts_links import lag_chart, link_name, series_chart
from dashboards.deep_links import link_to
from dashboards.explorer_words import metric_address
from dashboards.mark_words import MOST_NAMED, open_question
from dashboards.opened import when_opened
from dashboards.page_parts import (
    Hub,
    chart,
    chart_when_opened,
    invalid_mark,
    table_when_opened,
)
from dashboards.release_sections import gains
from dashboards.wording import count, is_missing, joined, link_words, plain, unit_word


def headline(
    links: pd.DataFrame, invalid: dict[str, str], *, among: pd.DataFrame | None = None
) -> str:
    """The page's answer; `invalid` says by KPI which check fails below it.

    `among` are the links that `links` were chosen from by their verdict, where they were.
    """
    marked = links[links["kpi"].map(invalid) != ""]
    names = list(dict.fromkeys(str(label) for label in marked["kpi_label"]))
    more = [count(len(names) - MOST_NAMED, "more KPI")] if len(names) > MOST_NAMED else []
    of = joined([*names[:MOST_NAMED], *more])
    return open_question(of, money_of=of) + link_cards.sentence(links, among=among)


def card(row: Any, evidence: pd.DataFrame, links: pd.DataFrame, *, invalid_money: str = "") -> None:
    """One link: its verdict, what each kind of evidence says, and what it rests on.

    `invalid_money` says which check fails below the KPI that the amount is a share of, or below
    the metric whose change it is of.
    """
    words = link_words(row)
    facts = link_cards.facts(row)
    needed = link_cards.more_needed(row)
    with st.container(border=True, height="stretch"):
        badges = [f":{words.colour}-badge[{words.sign} {words.word}]"]
        if row["is_primary"] is True or row["is_primary"] == 1:
            badges.append(":gray-badge[declared beforehand]")
        st.markdown(f"**{plain(link_name(row))}**  \n{' '.join(badges)}")
        if row["verdict"] != "invalid data":
            invalid_mark(invalid_money)
        st.markdown("\n\n".join(_said(row, words.meaning, facts[:4], evidence, needed)))
        when_opened(
            "What it rests on",
            lambda: _rests_on(row, facts[4:], needed),
            key=f"rests_{row['link_id']}",
        )
        with st.container(horizontal=True):
            metric, kpi = metric_address(row, links), str(row["kpi"])
            link_to("link_explorer", "All the evidence", metric=metric, kpi=kpi)
            link_to("catalogue", f"What {row['kpi_label']} is", metric=kpi)


def _said(
    row: Any, meaning: str, facts: Sequence[tuple[str, str]], evidence: pd.DataFrame, needed: str
) -> Iterator[str]:
    """The paragraphs of a card, as Markdown."""
    yield plain(meaning)
    yield "  \n".join(f"**{name}:** {plain(said)}" for name, said in facts)
    if not is_missing(row["verdict_reason"]):
        yield f"**Why this verdict:** {plain(row['verdict_reason'])}"
    lines = "\n".join(f"- {plain(line)}" for line in link_cards.evidence(evidence))
    yield f"**Evidence, best first:**\n{lines}"
    for told in (*link_cards.disagreements(row), link_cards.fading(row)):
        if told:
            yield f"**Note:** {plain(told)}"
    if told := link_cards.disagreement(row):
        yield plain(told)
    if needed and row["verdict"] == "not enough data":
        yield f"**More needed:** {plain(needed)}"


def _rests_on(row: Any, facts: Sequence[tuple[str, str]], needed: str) -> None:
    st.markdown("  \n".join(f"**{name}:** {plain(said)}" for name, said in facts))
    if needed and row["verdict"] != "not enough data":
        st.markdown(f"**More data:** {plain(needed)}")
    st.markdown("\n".join(f"- {plain(caveat)}" for caveat in link_cards.caveats(row)))
    last = f"Inputs of build {row['inputs_build_id']}."
    st.caption(f"{plain('Method: ' + str(row['method']))}  \n{plain(last)}")


def one_link(hub: Hub, shown: pd.DataFrame, every: pd.DataFrame) -> None:
    """The chosen link of `shown`: effect by lag, both series, release by release.

    A link of `every` that the address names opens although the page's filters leave it out.
    """
    rows = {str(row["link_id"]): row for _, row in every.iterrows()}
    mine = address.reachable(list(shown["link_id"].astype(str)), rows, key="link")
    if not mine:
        return
    st.subheader("One link in detail")
    row = rows[address.select("Link", mine, key="link", named=lambda each: link_name(rows[each]))]
    chosen = link_name(row)
    # the chart by lag is that of releases or series, whoever gives the verdict
    own = queries.link_rows(hub.build, "mart_link_evidence", row["link_id"]).iloc[-1]
    lags = queries.link_rows(hub.build, "mart_link_lags", row["link_id"])
    if not row["is_drawn"]:
        st.info(
            plain(
                "The charts of this pair are not kept: there are more pairs than "
                "`link.draw_pairs` in hub.yml. Declare it under `link.primary`, or raise the "
                "number."
            )
        )
        return
    if lags.empty or lags["effect"].isna().all():
        st.info(plain(f"There is no effect by lag to show. {row['verdict_reason'] or ''}"))
    else:
        chart(
            lag_chart(lags, hub.theme, effect_unit=unit_word(own["effect_unit"]), link=own),
            key="what_moves_sales_lags",
            alt=f"Effect by lag of {chosen}",
            how_to_read=(
                "Right of the dashed line: the effect so many days after a change, the band its "
                "95 % interval. Left of it the KPI before the change, where nothing should show; "
                "an effect there means that something else moved both. Shaded: lags that fit."
            ),
            table=lags.drop(columns=["link_id"]),
        )
    series = queries.link_rows(hub.build, "mart_link_series", row["link_id"])
    releases = queries.link_rows(hub.build, "mart_link_releases", row["link_id"])
    if series.empty:
        return
    metric = plain(f"{row['entity']} {row['metric_label']}")
    chart_when_opened(
        lambda: series_chart(
            series,
            releases,
            hub.theme,
            metric=metric,
            kpi=str(row["kpi_label"]),
            unit=str(row["kpi_unit"] or ""),
        ),
        label="both series",
        key="what_moves_sales_series",
        alt=f"Both series of {chosen}",
        how_to_read=(
            "Above the model metric of the version that was live, below the KPI by day; "
            f"{marked_as(releases['released_on'])} are releases. Do not judge by eye: weekdays, "
            "seasons and promotions are in the lower line and are taken out before the effect is "
            "estimated."
        ),
        table=series.drop(columns=["link_id"]),
        unit=row["kpi_unit"],
    )
    if len(releases):
        table = releases.drop(columns=["link_id"])
        table_when_opened("Release by release", table, key="what_moves_sales_releases")
    gains(hub, row)
