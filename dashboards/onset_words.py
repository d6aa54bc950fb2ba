"""How is a lasting change said: what moved by how much, since when, and has it stayed there?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.wording import LEVEL, amount, day_name, is_currency, is_missing, joined, money

MOST_NEAR = 3
# by the state of an episode that has ended
ENDS = {
    "ended: back to the level before": "went back to the level before",
    "ended: moved on to another level": "moved on to another level",
}
NOT_PROVEN = "It came first and its time fits; that proves no cause."


def name(row: Any) -> str:
    """`Fallback share rose, 11 May 2026`: the change as a choice."""
    return f"{row['label']} {verb(row)}, {clock(row['onset_at'], row['grain'])}"


def verb(row: Any) -> str:
    """Which way the level went."""
    return "rose" if float(row["size"]) > 0 else "fell"


def sentence(row: Any, *, each: str = "") -> str:
    """From which level to which, by how much with its interval, since when, and how it ended.

    `each` is said after the levels, such as ` a day` where the measure is one of days.
    """
    before, after = (_value(row[each], row) for each in ("level_before", "level_after"))
    said = f"{row['label']} {verb(row)} from {before} to {after}{each} ({size(row)}) "
    said += since(row)
    return f"{said}; {ending(row)}."


def a_day(kpi: Any) -> str:
    """What is said after a KPI's daily levels: nothing after a share or an average."""
    return "" if kpi["is_ratio"] else " a day"


def size(row: Any) -> str:
    """The change of the level with its 95 % interval, in words."""
    parts = [float(row[each]) for each in ("size", "size_low", "size_high")]
    if row["unit"] == "ratio":
        mid, low, high = (f"{100 * each:+.2f}" for each in parts)
        text = f"{mid} percentage points [{LEVEL}: {low} to {high}]"
    else:
        mid, low, high = (_signed(each) for each in parts)
        unit = str(row["unit"])
        whole = money(mid, unit) if is_currency(unit) else f"{mid} {unit}"
        text = f"{whole} [{LEVEL}: {low} to {high}]"
    text = text.replace("-", "−")
    share = row["size_share"]
    if is_missing(share) or row["unit"] == "ratio":
        return text
    return f"{text}, {100 * float(share):+.0f} %".replace("-", "−")


def _signed(value: float) -> str:
    """To three figures, never as a power of ten."""
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.3g}"


def since(row: Any) -> str:
    """`since 11 May 2026 (95 %: between 10 May 2026 and 12 May 2026)`."""
    at, low, high = (clock(row[each], row["grain"]) for each in _MOMENTS)
    return f"since {at}" if low == high else f"since {at} ({LEVEL}: between {low} and {high})"


_MOMENTS = ("onset_at", "onset_low", "onset_high")


def ending(row: Any) -> str:
    """Whether the level has stayed, or how it ended, and what that means for good or worse."""
    judged = ""
    if not is_missing(row["is_worse"]):
        judged = "for the worse, " if row["is_worse"] else "for the better, "
    if is_missing(row["ended_at"]):
        return f"{judged}and it has stayed there" if judged else "it has stayed there"
    how = ENDS[str(row["state"])]
    return f"{judged}until {clock(row['ended_at'], row['grain'])}, when it {how}"


def _value(value: Any, row: Any) -> str:
    return amount(value, row["unit"], form=None if is_missing(row["format"]) else row["format"])


def clock(value: Any, grain: str) -> str:
    """A local moment: the day, and the time where the series is one of hours."""
    stamp = pd.Timestamp(value)
    day = f"{stamp.day} {stamp:%b %Y}"
    return f"{day} {stamp:%H:%M}" if grain == "hour" else day


def cause(row: Any) -> str:
    """One preceding event: its published words."""
    return str(row["words"])


def what_was_near(causes: pd.DataFrame, label: str) -> str:
    """Which releases near a KPI's change have evidence, and what merely lies near it in time.

    `causes` as of `queries_changes.onset_causes`; a name seen in several places is told once.
    """
    once = causes.drop_duplicates(["kind", "name"])
    shown = once["is_shown_to_move"].fillna(False).astype(bool)
    told = [f"{row['kind']} {_dated(row)}" for _, row in once[shown].iterrows()]
    said = f"Of what lies near it in time, nothing is shown to move {label}."
    if told:
        said = (
            f"Near it in time, of a model whose gains are shown to move {label}: {joined(told)}; "
            "how much of this change it made is not known."
        )
    rest = [_dated(row) for _, row in once[~shown].iterrows()]
    if not rest:
        return said
    more = [f"{len(rest) - MOST_NEAR} more"] if len(rest) > MOST_NEAR else []
    return f"{said} A coincidence in time and no evidence: {joined([*rest[:MOST_NEAR], *more])}."


def _dated(row: Any) -> str:
    return f"{row['name']} ({day_name(row['happened_at'])})"
