"""Which model gains moved the business, by how much, and how sure are we?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from dashboards import address, link_cards, queries
from dashboards.charts_links import forest_chart
from dashboards.deep_links import EVERY_KPI
from dashboards.link_sections import card, headline, one_link
from dashboards.page_parts import Hub, answer, begin, chart, no_links
from dashboards.release_sections import experiments, release_by_release
from dashboards.view import Named
from dashboards.view_bar import by_days, shown_days, view_bar
from dashboards.wording import count, plain

EVERY_MODEL, EVERY_VERDICT = "Every model", "Every verdict"
NOTE = (
    "an effect is estimated from all days of the whole company, day by day. The period chooses "
    "which releases and experiments are listed by themselves."
)
MOST_CARDS = 6
FAITH_IN = (
    "Each verdict is that of the best evidence able to answer: experiments before releases before "
    "day-by-day series. The others stand beside it, never averaged in; where they disagree, the "
    "card says so."
)


def main() -> None:
    hub = begin("Which model gains moved the business?")
    links = queries.links(hub.build)
    if links.empty:
        no_links(hub)
        return
    first, last = queries.days_of(hub.build, "mart_release_impacts", "released_on")
    view = view_bar(by_days((first, last), note=NOTE, usual=Named.ALL))
    is_all = view.period is Named.ALL or pd.isna(first)
    days = None if is_all else shown_days(view, first=first, last=last)
    chosen = _chosen(links)
    shown = chosen.of(links)
    if shown.empty:
        answer(f"0 of {count(len(links), 'link')} are of this KPI, model and verdict")
    else:
        _links(hub, shown, links, chosen.among(links))
    one_link(hub, shown, links)
    release_by_release(hub, days, kpi=chosen.kpi, model=chosen.model)
    experiments(hub, days, model=chosen.model)


def _links(hub: Hub, shown: pd.DataFrame, links: pd.DataFrame, among: pd.DataFrame | None) -> None:
    """The answer, the cards of the first links, and the worth of all that are chosen."""
    invalid = {kpi: queries.invalid(hub.build, "metric", [kpi]) for kpi in set(shown["kpi"])}
    told = next(filter(None, invalid.values()), "")
    answer(plain(headline(shown, invalid, among=among)))
    st.caption(" ".join([FAITH_IN, plain(link_cards.overlap(shown))]))
    cards = [row for _, row in shown.head(MOST_CARDS).iterrows()]
    evidence = queries.link_evidence(hub.build)
    for left in range(0, len(cards), 2):
        for column, row in zip(st.columns(2), cards[left : left + 2], strict=False):
            with column:
                mine = evidence[evidence["link_id"] == row["link_id"]]
                below = [row["kpi"], row["metric_name"]]
                fails = queries.invalid(hub.build, "metric", below)
                card(row, mine, links, invalid_money=fails)
    if len(shown) > MOST_CARDS:
        st.caption(f"{len(shown) - MOST_CARDS} more links are in the table of the next chart.")
    st.subheader("How much is each worth?")
    chart(
        forest_chart(shown, hub.theme, currency=str(shown["currency"].iloc[0] or hub.currency)),
        key="what_moves_sales_forest",
        invalid=told or str(shown.attrs.get("invalid", "")),
        alt="Money a month of every link with its 95 % interval",
        how_to_read=(
            "Each symbol is the best estimate and the bar its 95 % interval; a bar that crosses "
            "zero leaves the direction open. The symbol tells the verdict. Links without an "
            "estimate in money are in the table only."
        ),
        definition=(
            "The part of today's KPI (mean of the last 28 complete days, times 30.4) that would "
            "not be there without the releases: 1 − exp(−effect × log change of the metric)."
        ),
        table=link_cards.table(shown),
    )


@dataclass(frozen=True)
class Chosen:
    """The label of a KPI, a model and a verdict; empty where every one is chosen."""

    kpi: str
    model: str
    verdict: str

    def of(self, links: pd.DataFrame) -> pd.DataFrame:
        given = {"kpi_label": self.kpi, "entity": self.model, "verdict": self.verdict}
        for column, value in given.items():
            links = links[links[column] == value] if value else links
        return links

    def among(self, links: pd.DataFrame) -> pd.DataFrame | None:
        """What a verdict was chosen from; None where every one is shown."""
        return replace(self, verdict="").of(links) if self.verdict else None


def _chosen(links: pd.DataFrame) -> Chosen:
    labels = list(dict.fromkeys(links["kpi_label"]))
    primary = links.loc[links["is_primary"].fillna(False).astype(bool), "kpi_label"]
    first = primary.iloc[0] if len(primary) else labels[0]
    kpis = [first, *(each for each in labels if each != first), EVERY_KPI]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kpi = address.select("KPI", kpis, key="moved", width=240)
        models = [EVERY_MODEL, *sorted(set(links["entity"]))]
        model = address.select("Model", models, key="model", width=240)
        verdicts = [EVERY_VERDICT, *dict.fromkeys(links["verdict"])]
        verdict = address.select("Verdict", verdicts, key="verdict", width=200)
    given = ((kpi, EVERY_KPI), (model, EVERY_MODEL), (verdict, EVERY_VERDICT))
    return Chosen(*("" if value == every else str(value) for value, every in given))


main()
