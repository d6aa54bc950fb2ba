"""What does the audit say of lists that are cut: since when, and what that spoils?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.wording import LEVEL, amount, day_name, joined

DRAWN_FROM = 0.5
COUNTS_BY_RANK = ("ndcg", "dcg", "map", "mrr")


def cut_sentence(service: str, onsets: pd.DataFrame, days: pd.DataFrame) -> str:
    """How much of what is served is drawn now, and since when, the number first."""
    known = days[days["is_complete"].fillna(False).astype(bool)].dropna(subset=["rendered_ratio"])
    if known.empty:
        return f"0 complete days of {service} tell how much of a list is drawn."
    last = known.iloc[-1]
    now = amount(last["rendered_ratio"], "ratio", form=".1%")
    told = f"{now} of what {service} was served was drawn on {day_name(last['day'])}"
    cuts = onsets[onsets["metric_name"] == "rendered_ratio"]
    if cuts.empty:
        return f"{told}; no lasting change was found."
    return f"{told}; {since_words(cuts.iloc[0])}."


def since_words(onset: Any) -> str:
    """`since 27 Jan 2026 (95 %: between 26 Jan 2026 and 28 Jan 2026) 50.1 % instead of 100.0 %`."""
    before = amount(onset["level_before"], "ratio", form=".1%")
    after = amount(onset["level_after"], "ratio", form=".1%")
    low, high = day_name(onset["onset_low"]), day_name(onset["onset_high"])
    return (
        f"since {day_name(onset['onset_at'])} ({LEVEL}: between {low} and {high}) {after}, "
        f"before {before}"
    )


def drawn_depth(positions: pd.DataFrame, *, is_after: bool) -> int | None:
    """How many positions most lists drew before or since the day; None where nothing tells."""
    part = positions[positions["is_after"] == is_after].dropna(subset=["rendered_ratio"])
    if part.empty:
        return None
    return int((part["rendered_ratio"] >= DRAWN_FROM).sum())


def counts_by_rank(metric_name: str) -> bool:
    """Whether a hit counts less the lower it stands."""
    return metric_name.lower().startswith(COUNTS_BY_RANK)


def spoiled(across: pd.DataFrame, at_k: pd.DataFrame, depth: int | None) -> pd.DataFrame:
    """The comparisons that a cut to `depth` positions spoils, each with its reason.

    Links are kept only where their metric counts more positions than are drawn; experiments and
    releases only of models that have such a metric. With an unknown depth all @k are kept.
    """
    deep = at_k if depth is None else at_k[at_k["k"] > depth]
    names = set(zip(deep["entity"], deep["metric_name"], strict=True))
    is_kept = [
        (model, metric) in names if kind == "link" else model in set(deep["entity"])
        for kind, model, metric in zip(
            across["kind"], across["model"], across["metric_name"], strict=True
        )
    ]
    rows = across[pd.Series(is_kept, index=across.index, dtype=bool)]
    reasons = {
        "experiment": "ran across the change: its days before and after showed different lists",
        "link": "days before and after stand for different lists: the metric counts positions "
        "that are no longer drawn",
        "release": "came within the interval of the change: its step is not its own",
    }
    return rows.assign(why=[reasons[kind] for kind in rows["kind"]]).drop(columns=["metric_name"])


def surface_words(surface: Any) -> str:
    """Which models fill a surface and from when to when its positions are known."""
    models = joined([str(each) for each in surface["models"]]) or "models without a name"
    span = f"{day_name(surface['first_day'])} to {day_name(surface['last_day'])}"
    return f"{int(surface['served']):,} served positions of {models}, {span}."
