"""What does *Success metrics* show: the cards, and of one KPI its course, segments and movers?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import (
    address,
    gain_words,
    kpi_cards,
    link_cards,
    onset_words,
    queries,
    queries_changes,
)
from dashboards.charts import calendar_events, release_events
from dashboards.charts_kpi import LINES, MOST_NUMBERED, kpi_chart, numbered
from dashboards.charts_links import link_name
from dashboards.deep_links import link_to
from dashboards.page_parts import Hub, chart, invalid_mark, table_when_opened
from dashboards.sparkline import sparkline
from dashboards.tokens import Theme
from dashboards.trust_sections import Trust, trust_in
from dashboards.view import Span
from dashboards.wording import (
    count,
    day_name,
    link_words,
    money_month,
    plain,
    prose,
)

SHOWN = {"day": 120, "week": 60, "month": 25}
MARKERS = ("Largest gains", "All releases", "Promotions", "Other events")
EVERY_MODEL = "every model"
MOST_GAINS, MOST_MODELS = 5, 3
AMOUNTS = ["money_month", "money_month_low", "money_month_high", "currency"]
MARKED = ["day", "kind", "text", "name", *AMOUNTS]
# an amount of the table that no release was measured to have: its gain times the common effect
CARRIED = {name: name.replace("money", "gain_times_common_effect") for name in AMOUNTS[:3]}
CARDS_A_ROW, MOST_IN_ONE_ROW = 3, 4
LIGHTER = "Lighter and dashed: the value of a year earlier. "
AT_MIDDLE = dict.fromkeys(("week", "month"), ", at its middle; a release stands at its day")
EXPECTED = "The open diamond is where it is expected to end, with 80 % (thick) and 95 % (thin). "


def show_cards(
    hub: Hub,
    cards: list[kpi_cards.Card],
    outlooks: dict[str, str],
    *,
    key: str = "success_metrics_cards",
) -> None:
    """The cards in full rows, each with where its period will end, and their table."""
    trust = trust_in(hub, [each.metric for each in cards])
    a_row = len(cards) if len(cards) <= MOST_IN_ONE_ROW else CARDS_A_ROW
    for at in range(0, len(cards), a_row):
        row = cards[at : at + a_row]
        for column, each in zip(st.columns(len(row)), row, strict=True):
            with column.container(border=True, height="stretch"):
                _card(each, outlooks.get(each.metric, ""), trust[each.metric], hub.theme)
    marks = [str(trust[each.metric]) for each in cards]
    table = kpi_cards.table(cards)
    table_when_opened("Table", table.assign(Mark=marks) if any(marks) else table, key=key)


def _card(each: kpi_cards.Card, outlook: str, trust: Trust, theme: Theme) -> None:
    colour = {True: "blue", False: "orange", None: "gray"}
    trust.show()
    st.metric(
        plain(each.label),
        each.value,
        delta=each.main.short if each.main else None,
        delta_color=colour[each.main.is_good if each.main else None],  # type: ignore[arg-type]
        delta_arrow=each.main.arrow if each.main else "off",  # type: ignore[arg-type]
        delta_description=each.main.judgement if each.main else None,
        help=prose(each.description),
    )
    if len(each.spark) > 1:
        st.html(sparkline(each.spark, colour=theme.neutral))
    said = (each.about, each.main_words, each.other_words, each.target_words, each.year_words)
    lines = [*said, outlook]
    st.caption("  \n".join(plain(line) for line in lines if line))


def trend(
    hub: Hub,
    kpi: Any,
    rows: pd.DataFrame,
    *,
    grain: str,
    start: Any,
    comparison: str,
    forecast: Any | None,
    days: Span | None,
    of: str = "",
) -> None:
    """The KPI by period up to `start`, or on `days`; where it will end, and chosen markers.

    `of` as of `success_words.of_whole`: what releases carry is of the whole company.
    """
    st.subheader(plain(f"How did {kpi['label'].lower()} go?"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        markers = address.pills("Markers", MARKERS, key="markers", usual=MARKERS[:1])
        models = sorted(set(queries.releases(hub.build)["model"]))
        model = address.select("Releases of", [EVERY_MODEL, *models], key="model", width=190)
    shown = _shown(rows, grain=grain, start=start, days=days)
    heads = _gaining(hub, kpi, model)
    marked = numbered(_markers(hub, heads, markers, model), shown, grain)
    if "All releases" not in markers and (marked["kind"] == "release").any():
        number = int((marked["kind"] == "release").sum())
        marks = gain_words.marked_releases(heads, number, f"{kpi['label']}{of}")
        st.caption(plain(marks))
    _name_markers(marked)
    figure = kpi_chart(
        shown,
        hub.theme,
        label=str(kpi["label"]),
        unit=str(kpi["unit"] or ""),
        form=kpi["format"],
        grain=grain,
        markers=marked,
        comparison=comparison,
        forecast=forecast,
    )
    chart(
        figure,
        key="success_metrics_trend",
        invalid=queries.invalid(hub.build, "metric", [kpi["metric_name"]]),
        alt=f"{kpi['label']} by {grain}",
        how_to_read=_how_to_read(grain, comparison, has_forecast=forecast is not None),
        definition=prose(f"{kpi['description']} Unit {kpi['unit']}, owner {kpi['owner']}."),
        table=shown.drop(columns=["metric_name"]),
        unit=kpi["unit"],
    )
    _single_gains(marked)
    with st.container(horizontal=True):
        name = str(kpi["metric_name"])
        link_to("catalogue", f"What {kpi['label']} is and comes from", metric=name)
        link_to("link_explorer", f"What moves {kpi['label']}", kpi=name)


def _shown(rows: pd.DataFrame, *, grain: str, start: Any, days: Span | None) -> pd.DataFrame:
    """The periods on `days`, or the newest up to `start` where a later one is complete, too."""
    if days is not None:
        first, last = pd.Timestamp(days.first), pd.Timestamp(days.last)
        return rows[rows["period_start"].between(first, last)]
    complete = rows["period_start"].where(rows["is_complete"].astype(bool))
    is_older = bool((complete > start).any())
    return (rows[rows["period_start"] <= start] if is_older else rows).tail(SHOWN[grain])


def _how_to_read(grain: str, comparison: str, *, has_forecast: bool) -> str:
    return (
        f"Each point is one {grain}{AT_MIDDLE.get(grain, '')}. Dotted with an open circle: not "
        "over yet, so not compared with anything; its last day, which cards leave out, is in it as "
        f"far as it is known. {EXPECTED if has_forecast else ''}"
        f"{LIGHTER if comparison in LINES else ''}A target is drawn over the periods it was set "
        "for. Triangles are releases, other symbols events, in the order of their numbers above. "
        f"Largest gains: at most {MOST_GAINS} releases of models that move the KPI."
    )


def _name_markers(marked: pd.DataFrame) -> None:
    """What each number above the chart stands for, or how many markers there are."""
    if marked.empty:
        return
    if len(marked) <= MOST_NUMBERED:
        lines = [
            f"**{at}** {plain(row['name'])}, {day_name(row['day'])}"
            for at, (_, row) in enumerate(marked.iterrows(), start=1)
        ]
        st.caption("  \n".join(lines))
        return
    st.caption(
        f"{count(len(marked), 'marker')}, too many to number: hover to read one, or open the list."
    )
    table = marked[["day", "kind", "text"]].rename(columns={"text": "what"})
    key = "success_metrics_markers"
    table_when_opened("Markers", table, key=key)


def _single_gains(marked: pd.DataFrame) -> None:
    """What the gain of each marked release carries, out of the reading line."""
    rows = marked[marked["money_month"].notna()]
    if rows.empty:
        return
    table = rows[["name", "day", *AMOUNTS]].rename(columns={"name": "release", **CARRIED})
    label = f"Gain of each release in money: {gain_words.NOT_BY_ITSELF}; they do not add up"
    table_when_opened(label, table, key="success_metrics_effects")


def _markers(hub: Hub, heads: pd.DataFrame, chosen: list[str], model: str) -> pd.DataFrame:
    largest, every, promotions, others = (each in chosen for each in MARKERS)
    parts = []
    if every:
        releases = queries.releases(hub.build)
        keep = releases["model"] == model if model != EVERY_MODEL else releases["model"].notna()
        parts.append(release_events(releases[keep]))
    elif largest:
        parts.append(_largest_gains(hub, heads))
    calendar = calendar_events(queries.calendar(hub.build))
    is_promotion = calendar["kind"] == "promotion"
    parts.append(calendar[(is_promotion & promotions) | (~is_promotion & others)])
    named = [each.assign(name=each.get("name", each["text"])) for each in parts]
    return pd.concat(named, ignore_index=True).reindex(columns=MARKED)


def _gaining(hub: Hub, kpi: Any, model: str) -> pd.DataFrame:
    """One link for each chosen model whose gain moves the KPI."""
    heads = gain_words.headlines(queries.links(hub.build), str(kpi["metric_name"]))
    return heads if model == EVERY_MODEL else heads[heads["entity"] == model]


def _largest_gains(hub: Hub, heads: pd.DataFrame) -> pd.DataFrame:
    """The releases with the largest gains in money: gain times the one effect of each model.

    None of these amounts was measured at the release itself: that is `mart_release_impacts`.
    """
    parts = [
        queries.link_rows(hub.build, "mart_link_gains", link["link_id"]).assign(
            model=link["entity"], currency=link["currency"]
        )
        for _, link in heads.iterrows()
    ]
    rows = pd.concat(parts) if parts else pd.DataFrame()
    if rows.empty:
        return pd.DataFrame({"day": pd.to_datetime([]), "kind": [], "text": []})
    top = rows.sort_values("money_month", key=abs, ascending=False).head(MOST_GAINS)
    names = [f"{row['model']} {row['version']}" for _, row in top.iterrows()]
    words = [
        f"{name}: {money_month(row)}, {gain_words.NOT_BY_ITSELF}"
        for name, (_, row) in zip(names, top.iterrows(), strict=True)
    ]
    days = pd.to_datetime(top["released_on"])
    return top[AMOUNTS].assign(day=days, kind="release", text=words, name=names)


def what_moved_it(hub: Hub, kpi: Any, *, of: str = "") -> None:
    """Links to the evidence for the model metrics that are shown to move the KPI.

    `of` as of `success_words.of_whole`.
    """
    label = str(kpi["label"])
    st.subheader(f"Which model gains move {label[0].lower()}{label[1:]}{of}, over all the time?")
    invalid_mark(queries.invalid(hub.build, "metric", [kpi["metric_name"]]))
    links = queries.links(hub.build)
    mine = links[links["kpi"] == kpi["metric_name"]]
    moved = gain_words.movers(links, str(kpi["metric_name"]))
    against = mine[(mine["verdict"] == "moves") & ~mine.index.isin(moved.index)]
    if mine.empty:
        st.caption(plain(f"No model metric has been linked to {kpi['label']} yet."))
    elif moved.empty:
        by_gain = " by its gain" if len(against) else ""
        said = f"None of {len(mine)} model metrics is shown to move {kpi['label']}{by_gain}"
        st.caption(plain(f"{said}{link_cards.against_clause(against)}."))
    heads = gain_words.headlines(moved, str(kpi["metric_name"]))
    for _, row in heads.head(MOST_MODELS).iterrows():
        words = link_words(row)
        link_to(
            "what_moves_sales",
            f"{words.sign} {link_name(row)}",
            link=str(row["link_id"]),
            moved=str(row["kpi_label"]),
        )
        moves = gain_words.moves(label, words.word)
        st.caption(plain(f"{moves} {gain_words.one_gain(moved, row)}"))
    if len(against) and len(moved):
        st.caption(plain(f"{link_cards.against_clause(against)[2:]}."))
    _since_when(hub, kpi, of=of)


def _since_when(hub: Hub, kpi: Any, *, of: str) -> None:
    """Since when the KPI is at its level, and which of what lies near has evidence."""
    found = queries_changes.onsets(hub.build, queries_changes.COMPANY)
    mine = found[found["metric_name"] == kpi["metric_name"]]
    if mine.empty:
        return
    row = mine.iloc[0]
    told = plain(onset_words.sentence(row, each=onset_words.a_day(kpi)))
    st.markdown(f"**Since when is {f'that{of}' if of else 'it'} at its level?** {told}")
    causes = queries_changes.onset_causes(hub.build, str(row["onset_id"]))
    if len(causes):
        st.caption(plain(onset_words.what_was_near(causes, str(kpi["label"]))))
