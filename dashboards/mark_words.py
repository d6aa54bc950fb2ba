"""How is it said that a number rests on a failed check, or on a stale source?"""

from __future__ import annotations

import pandas as pd

from dashboards.freshness import StaleSource
from dashboards.wording import age, count, day_name, joined

INVALID = "Invalid data"
STALE = "Stale"
LISTED_BY = "bellwether status"
MOST_NAMED = 3


def failed_words(marks: pd.DataFrame, *, most: int = MOST_NAMED) -> str:
    """`the check a fails on b (2 rows, since 3 Feb 2025)`, of each check; empty without any.

    `marks` are rows of `meta.marks`; more checks than `most` are counted.
    """
    if marks.empty:
        return ""
    checks = marks.drop_duplicates(["check_name", "model"])
    told = [
        f"the check {row['check_name']} fails on {row['model']} "
        f"({count(int(row['failures']), 'row')}, since {day_name(row['since'])})"
        for _, row in checks.head(most).iterrows()
    ]
    more = len(checks) - len(told)
    return joined([*told, f"{count(more, 'more check')}"] if more > 0 else told)


def open_question(told: str, *, money_of: str = "") -> str:
    """What an answer begins with that rests on a failed check, `told`; empty without any.

    An experiment may give a verdict all the same: then only its money, `money_of` a KPI, is open.
    """
    if not told:
        return ""
    if money_of:
        return f"✕ {INVALID} of {money_of}, so its money is not established: "
    return f"✕ {INVALID}, not established: "


def stale_words(metric_sources: list[str], stale: list[StaleSource]) -> str:
    """`orders is 3 days old`, of each stale source among those; empty when all are fresh."""
    found = [each for each in stale if each.source in metric_sources]
    return joined([f"{each.source} is {age(each.age)} old" for each in found])
