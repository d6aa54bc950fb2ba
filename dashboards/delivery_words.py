"""How are a project's forecasts and what its releases led to said?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.wording import count, day_name, joined, money_month, period_name, share


def now(project: str, weeks: pd.DataFrame, items: pd.DataFrame, *, through: Any) -> str:
    """What got done in the newest complete week, and what is open: then, and now.

    `through` is the last known moment of the issues: the open `items` are those of that moment.
    """
    complete = weeks[weeks["is_complete"].astype(bool)]
    left = f"{count(len(items), 'item')} open on {day_name(through)}"
    if complete.empty:
        return f"{project} has no complete week yet, and {left}."
    week = complete.iloc[-1]
    said = (
        f"{project} finished {count(int(week['finished']), 'item')} in the "
        f"{period_name(week['week_start'], 'week')}, which ended with {int(week['open_items'])} "
        f"open, and has {left}"
    )
    known = complete.dropna(subset=["cycle_time_days_p50"])
    if len(known):
        last = known.iloc[-1]
        rough = ""
        if last["is_approximate"]:
            of = f"{int(last['n_approximate'])} of {int(last['n_finished_with_cycle'])}"
            rough = f" (approximate: {of} without a history)"
        when = (
            ""
            if last["week_start"] == week["week_start"]
            else (f" in the {period_name(last['week_start'], 'week')}")
        )
        said += f"; half of what was finished{when} took at most "
        said += f"{last['cycle_time_days_p50']:.1f} days{rough}"
    return said + "."


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


def effect(row: Any) -> str:
    """From work to release to effect, in one line."""
    work = (
        f"{count(int(row['items']), 'item')} (such as {row['example_item']}) → {row['model']} "
        f"{row['version']}, {day_name(row['released_on'])}"
    )
    if row["effect_kind"] == "release by itself":
        return f"{work} → moves {row['effect_on']}: {money_month(row)}"
    return (
        f"{work} → {row['effect_on']} of {row['effect_of']} {row['effect_words']} when it came; "
        "an order in time, which proves no cause"
    )
