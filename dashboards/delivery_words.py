"""How are a project's forecasts and what its releases led to said?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from dashboards.view import Grain
from dashboards.wording import (
    as_date,
    count,
    day_name,
    is_missing,
    joined,
    link_words,
    money_month,
    period_name,
    plain,
    share,
)

MOVES = "moves"


def now(
    project: str, rows: pd.DataFrame, items: pd.DataFrame, *, through: Any, every: Grain = "week"
) -> str:
    """What got done in the newest complete week (month) of the period chosen, and what is open.

    `rows` are the weeks or months (`every`) of that period. The open `items` are those of
    `through`, the last known moment of the issues, whatever the period.
    """
    left = f"{count(len(items), 'item')} open on {day_name(through)}, the last known day"
    known = rows[rows["is_complete"].astype(bool)].dropna(subset=["finished", "open_items"])
    if known.empty:
        return f"No complete {every} of {project} lies in the period above; it has {left}."
    newest = known.iloc[-1]
    when = _named(newest, every)
    said = (
        f"{project} finished {count(int(newest['finished']), 'item')} in {when}, which ended with "
        f"{int(newest['open_items'])} open"
    )
    timed = known.dropna(subset=["cycle_time_days_p50"])
    if len(timed):
        last = timed.iloc[-1]
        mark = ""
        if last["is_approximate"]:
            mark = f" ({_rough(last)})"
        then = "" if _named(last, every) == when else f" in {_named(last, every)}"
        said += f"; half of what was finished{then} took at most "
        said += f"{last['cycle_time_days_p50']:.1f} days{mark}"
    return f"{said}. It has {left}."


def rough(rows: pd.DataFrame, *, every: Grain = "week") -> dict[date, str]:
    """The first days of the weeks or months whose cycle times are approximate, and how many are."""
    marked = rows[rows["is_approximate"].fillna(False).astype(bool)]
    return {as_date(row[f"{every}_start"]): _rough(row) for _, row in marked.iterrows()}


def _rough(row: Any) -> str:
    """`approximate: 4 of 4 without a history`."""
    of = f"{int(row['n_approximate'])} of {int(row['n_finished_with_cycle'])}"
    return f"approximate: {of} without a history"


def _named(row: Any, every: Grain) -> str:
    return f"{'the ' if every == 'week' else ''}{period_name(row[f'{every}_start'], every)}"


def done_by(rows: pd.DataFrame) -> str:
    """By when the open items are done, at each certainty."""
    parts = [
        f"by {day_name(row['finish_by'])} ({share(row['certainty'])} sure)"
        for _, row in rows.dropna(subset=["finish_by"]).sort_values("certainty").iterrows()
    ]
    left = count(int(rows["remaining"].iloc[0]), "open item")
    return f"At the pace of the past weeks the {left} will be done {joined(parts)}."


def how_many(rows: pd.DataFrame) -> str:
    """At least how many items are finished in the shortest of the coming spans."""
    weeks = rows["weeks"].min()
    soon = rows[rows["weeks"] == weeks].sort_values("certainty")
    parts = [
        f"{int(row['answer_items'])} ({share(row['certainty'])} sure)" for _, row in soon.iterrows()
    ]
    return f"In the coming {count(int(weeks), 'week')} at least so many get done: {joined(parts)}."


def of_model(link: Any) -> str:
    """What a model's gains did to a KPI over all of its releases together, in Markdown.

    `link` is a row of `mart_what_moves_sales`. An amount is told of a link that moves alone.
    """
    words = link_words(link)
    said = f"**{words.sign} {plain(link['entity'])} → {plain(link['kpi_label'])}: {words.word}.**"
    if link["verdict"] != MOVES:
        return f"{said} {plain(_lacking(link['verdict_reason'], link['more_needed']))}"
    told = (
        f"Its gains in {link['metric_label']} are worth {money_month(link)} over all releases "
        f"together, by {link['evidence_grade']}"
    )
    return f"{said} {plain(told)}."


def worth_in_short(link: Any) -> str:
    """The same in a cell of a table: a sentence, which nobody adds up."""
    worth = f", {money_month(link)}" if link["verdict"] == MOVES else ""
    return f"{link['kpi_label']}: {link_words(link).word}{worth} (all releases together)"


def by_itself(row: Any, impact: Any | None) -> str:
    """From work to a release, and what can be told of that release alone and what it would take.

    `row` is one of `mart_delivery_releases`, `impact` its row of `mart_release_impacts`.
    """
    said = f"{_work(row)} → "
    if row["effect_words"] == MOVES:
        return f"{said}moves {row['effect_on']} by itself: {money_month(row)}"
    said += f"{row['effect_on']} by itself: {row['effect_words']}; it cannot be told apart."
    if impact is None:
        return said
    return f"{said} {_lacking(impact['verdict_reason'], impact['more_needed'])}"


def _lacking(reason: Any, needed: Any) -> str:
    more = "" if is_missing(needed) else f" What it takes: {needed}"
    return f"{reason}{more}"


def _work(row: Any) -> str:
    items = int(row["items"])
    such = "such as " if items > 1 else ""
    return (
        f"{count(items, 'item')} ({such}{row['example_item']}) → {row['model']} "
        f"{row['version']}, {day_name(row['released_on'])}"
    )


def effect(row: Any) -> str:
    """From work to release to effect, in one line."""
    work = _work(row)
    if row["effect_kind"] == "release by itself":
        return f"{work} → moves {row['effect_on']}: {money_month(row)}"
    return (
        f"{work} → {row['effect_on']} of {row['effect_of']} {row['effect_words']} when it came; "
        "an order in time, which proves no cause"
    )
