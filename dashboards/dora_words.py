"""How are DORA's five delivery metrics said, each with what it rests on and how it compares?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.wording import (
    Change,
    amount,
    change,
    count,
    direction_note,
    is_missing,
    period_name,
    share,
)

MONTH = "month"


@dataclass(frozen=True)
class DoraCard:
    """One of the five: its value, how it changed, period and good way, and what it rests on."""

    label: str
    value: str
    change: Change | None
    about: str
    rests_on: str
    compared: str
    definition: str


@dataclass(frozen=True)
class _Metric:
    label: str
    column: str
    unit: str
    form: str
    direction: str
    definition: str


FIVE = (
    _Metric(
        "Change lead time", "change_lead_time_days_p50", "days", ",.1f", "down",
        "Median days from an item's first entry to In Progress to the first production release "
        "that carries it. DORA counts from the commit, which no source tells.",
    ),
    _Metric(
        "Deployment frequency", "deployments", "releases", ",.0f", "up",
        "Releases to production of the components that the project's items go out with; "
        "rollbacks count.",
    ),
    _Metric(
        "Failed-deployment recovery time", "recovery_hours_p50", "hours", ",.1f", "down",
        "Median hours from the first incident of a failed release to the end of its last one, or "
        "from the release to its rollback.",
    ),
    _Metric(
        "Change fail rate", "change_fail_rate", "ratio", ".0%", "down",
        "Releases with an incident attributed to them, or rolled back by the next one, as a share "
        "of all.",
    ),
    _Metric(
        "Deployment rework rate", "deployment_rework_rate", "ratio", ".0%", "down",
        "Releases that mend another: rollbacks, versions named hotfix, releases that carry an "
        "incident, the next one while an incident was open. A mending release with an ordinary "
        "name and no incident is missed.",
    ),
)  # fmt: skip


def cards(months: pd.DataFrame) -> list[DoraCard]:
    """The five in the last complete month beside the month before; none without such a month.

    `months` are rows of `mart_delivery_months` of one scope, oldest first.
    """
    complete = months[months["is_complete"].fillna(False).astype(bool)]
    if complete.empty:
        return []
    row = complete.iloc[-1]
    before = complete.iloc[-2] if len(complete) > 1 else None
    return [_card(metric, row, before) for metric in FIVE]


def _card(metric: _Metric, row: Any, before: Any) -> DoraCard:
    month = period_name(row["month_start"], MONTH)
    value = row[metric.column]
    past = None if before is None else before[metric.column]
    compared = ""
    if before is not None:
        name = period_name(before["month_start"], MONTH)
        compared = f"{name}: {_said(past, metric)}"
    return DoraCard(
        label=metric.label,
        value=_said(value, metric),
        change=change(value, past, unit=metric.unit, direction=metric.direction, form=metric.form),
        about=f"{month} · {direction_note(metric.direction)}",
        rests_on=_rests_on(metric.column, row),
        compared=compared,
        definition=metric.definition,
    )


def _said(value: Any, metric: _Metric) -> str:
    if metric.unit == "releases" and not is_missing(value):
        return count(int(value), "release")
    return amount(value, metric.unit, form=metric.form)


def _rests_on(column: str, row: Any) -> str:
    """What the value is made of, or why there is none."""
    deployments = int(row["deployments"])
    if column == "change_lead_time_days_p50":
        return _lead_time(row)
    if column == "deployments":
        return "" if deployments else "nothing was released: a true zero"
    if is_missing(row["deployments_judged"]) and column != "deployment_rework_rate":
        return "not known: no source of incidents has been set up"
    if column == "recovery_hours_p50":
        failed = int(row["failed_deployments"])
        if not failed:
            return "no release failed"
        return f"{int(row['n_recoveries'])} of {count(failed, 'failed release')} recovered"
    if not deployments:
        return "no release, so no rate"
    part = "failed_deployments" if column == "change_fail_rate" else "rework_deployments"
    return f"{int(row[part])} of {count(deployments, 'release')}"


def _lead_time(row: Any) -> str:
    known, unknown = int(row["n_lead_times"]), int(row["n_without_start"])
    said = f"{count(known, 'item')} released" if known else "no item with a known start"
    if unknown:
        said += f"; of {count(unknown, 'item')} no history tells the start"
    if not is_missing(row["done_to_release_days_p50"]):
        wait = float(row["done_to_release_days_p50"])
        said += f"; from Done to release {wait:.1f} days ({count(int(row['n_waits']), 'item')})"
    return said


def attributed(incidents: pd.DataFrame, *, gap_hours: float) -> str:
    """How many incidents could be attributed to a release, and how."""
    if incidents.empty:
        return ""
    kinds = incidents["attribution"].value_counts()
    named = int(kinds.get("named by the incident", 0))
    last = int(kinds.get("last release before it", 0))
    left = len(incidents) - named - last
    return (
        f"Of {count(len(incidents), 'incident')} {named} "
        f"{'names its' if named == 1 else 'name their'} release, {last} "
        f"{'belongs' if last == 1 else 'belong'} to the last release before "
        f"{'it' if last == 1 else 'them'} (at most {gap_hours:g} hours older), and {left} "
        f"{'is unattributed and counts' if left == 1 else 'are unattributed and count'} for no "
        "release."
    )


def approximate(weeks: pd.DataFrame) -> str:
    """How much of what was finished rests on no whole history; empty when nothing does."""
    finished = int(weeks["finished"].sum())
    rough = int(weeks["finished_approximate"].sum())
    if not rough:
        return ""
    part = share(rough / finished)
    return (
        f"of {count(finished, 'item')} finished in this span {rough} ({part}) "
        + ("has" if rough == 1 else "have")
        + " no whole history of status changes; the time from creation to completion stands in "
        "for the cycle time, which is at most that long."
    )


def way(weeks: pd.DataFrame) -> str:
    """Straight to done, reopened, flow efficiency: sums over the span, or that they are unknown."""
    said = []
    if weeks["straight_to_done"].notna().any():
        straight, back = int(weeks["straight_to_done"].sum()), int(weeks["reopenings"].sum())
        exact = int(weeks["finished"].sum() - weeks["finished_approximate"].sum())
        said.append(
            f"Of {count(exact, 'item')} with a whole history {straight} went straight to Done and "
            f"have no cycle time; items went from Done back {count(back, 'time')}."
        )
    else:
        said.append("Without histories nobody knows what went straight to Done or was reopened.")
    elapsed = float(weeks["elapsed_days"].sum())
    if elapsed > 0:
        part = float(weeks["active_days"].sum()) / elapsed
        said.append(
            f"Flow efficiency: {share(part)} of the time from start to done was worked on, the "
            "rest waited."
        )
    else:
        said.append(
            "Flow efficiency is not known: it takes histories, and under waiting_statuses of the "
            "source in hub.yml the statuses in which nobody works on an item."
        )
    return " ".join(said)


def sprints(rows: pd.DataFrame) -> str:
    """How the last closed sprint went against what was committed."""
    closed = rows[rows["is_complete"].astype(bool)]
    if closed.empty:
        return "No sprint has been closed yet."
    last = closed.iloc[-1]
    rough = int(last["approximate_items"])
    said = (
        f"{last['sprint_name']}: {int(last['completed_committed'])} of "
        f"{count(int(last['committed']), 'committed item')} done, "
        f"{int(last['added'])} added later, {int(last['carried_over'])} carried over, "
        f"{int(last['removed'])} taken out."
    )
    return f"{said} {count(rough, 'item')} approximate." if rough else said
