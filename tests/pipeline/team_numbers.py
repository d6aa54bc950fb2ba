"""Which numbers of delivery follow from the issues, releases and incidents of a shop's files?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.pipeline import team_reference
from tests.pipeline.published_numbers import (
    ALL,
    GRAINS,
    numbers,
    percentiles,
    starts_of,
    summed,
    whole_and_split,
)
from tests.pipeline.team_reference import ZONE, Work, days_between


def _percentile(values: pd.Series, *, percent: int) -> float:
    return float(np.percentile(values, percent))


def of_percents(name: str) -> dict[str, Callable[[pd.Series], float]]:
    """The two percentiles that are told of times."""
    return {f"{name}_p{percent}": partial(_percentile, percent=percent) for percent in (50, 85)}


def day(moment: Any) -> pd.Timestamp:
    """The local day, without zone."""
    return pd.Timestamp(moment).tz_localize(None).normalize()


@dataclass(frozen=True)
class Told:
    """What the files say."""

    work: list[Work]
    releases: pd.DataFrame
    incidents: pd.DataFrame
    last_day: pd.Timestamp
    last_issue_day: pd.Timestamp

    def of(self, project: str) -> list[Work]:
        return [each for each in self.work if each.project == project]

    @cached_property
    def first_days(self) -> dict[str, pd.Timestamp]:
        """The day on which each project's first issue was created."""
        projects = sorted({each.project for each in self.work})
        return {p: day(min(each.created for each in self.of(p))) for p in projects}

    @property
    def with_history(self) -> set[str]:
        return {each.project for each in self.work if not each.is_rough}


def read(home: Path) -> Told:
    exports = home / "exports"
    every = team_reference.work(exports)
    releases = team_reference.deploys(exports)
    incidents = team_reference.attributed(exports, releases, gap_hours=24)
    through = json.loads((home / "truth.json").read_text())["data_ends_at"]
    return Told(
        every,
        team_reference.judged(releases, incidents),
        incidents,
        day(pd.Timestamp(through).tz_convert(ZONE)),
        day(max(each.updated for each in every)),
    )


def delivery(told: Told) -> pd.DataFrame:
    """Every number of delivery."""
    return pd.concat(
        [_flow(told), _times(told), _states(told), _deploys(told), _delivery_times(told)],
        ignore_index=True,
    )


def _finished(told: Told) -> Iterable[Work]:
    return (each for each in told.work if each.finished is not None)


def _flow(told: Told) -> pd.DataFrame:
    """Counts with a zero on every day since a project's first, by type of issue too.

    How an issue went is known where its project has histories; elsewhere it is a gap, not zero.
    """
    rows: list[dict[str, Any]] = []
    for project, first in told.first_days.items():
        known = 0.0 if project in told.with_history else np.nan
        nothing = {"throughput": 0.0, "created_issues": 0.0, "rough": 0.0}
        nothing |= {"straight_to_done": known, "reopenings": known}
        rows += [
            {"entity": project, "kind": kind, "day": on} | nothing
            for kind in {each.kind for each in told.of(project)}
            for on in pd.date_range(first, told.last_issue_day)
        ]
    for w in told.work:
        mine = {"entity": w.project, "kind": w.kind}
        rows.append(mine | {"day": day(w.created), "created_issues": 1.0})
        rows += [mine | {"day": day(at), "reopenings": 1.0} for at in w.reopened]
    for w in _finished(told):
        way = {} if w.is_rough else {
            "exact": 1.0, "straight_to_done": float(w.started is None),
            "again": float(bool(w.reopened)), "active": w.active, "elapsed": w.cycle,
        }  # fmt: skip
        counted = {"throughput": 1.0, "rough": float(w.is_rough)}
        rows.append({"entity": w.project, "kind": w.kind, "day": day(w.finished)} | counted | way)
    frame = pd.DataFrame(rows)
    return summed(
        whole_and_split(frame.drop(columns="kind"), issue_type=frame["kind"]),
        ["throughput", "created_issues", "straight_to_done", "reopenings"],
        {
            "approximate_share": ("rough", "throughput"),
            "reopened_ratio": ("again", "exact"),
            "flow_efficiency": ("active", "elapsed"),
        },
    )


def _times(told: Told) -> pd.DataFrame:
    rows = [(w.project, day(w.finished), w.cycle, w.lead) for w in _finished(told)]
    names = ["cycle_time_days", "lead_time_days"]
    frame = pd.DataFrame(rows, columns=["entity", "day", *names])
    found = [percentiles(frame, of_percents(name), column=name) for name in names]
    return pd.concat(found, ignore_index=True)


def _states(told: Told) -> pd.DataFrame:
    """What is open and in progress at the end of every local day; a period has its last day's."""
    rows = []
    for project, first in told.first_days.items():
        mine = told.of(project)
        for on in pd.date_range(first, told.last_issue_day):
            end = (on + pd.Timedelta(days=1)).tz_localize(ZONE) - pd.Timedelta(microseconds=1)
            is_open = [w for w in mine if w.created <= end and not w.is_done_at(end)]
            ages = [(on - day(w.created)).days for w in is_open]
            exact = [w for w in is_open if not w.is_rough]
            wip = float(sum(w.started is not None and w.started <= end for w in exact))
            if on == told.last_issue_day:
                rough = [w for w in is_open if w.is_rough]
                wip += sum(w.category == "in_progress" for w in rough)
            elif project not in told.with_history and is_open:
                wip = np.nan
            age = float(np.median(ages)) if ages else np.nan
            rows.append((project, on, wip, float(len(is_open)), age))
    names = ["wip", "open_items", "open_age_days_p50"]
    frame = pd.DataFrame(rows, columns=["entity", "day", *names])
    found = []
    for grain in GRAINS:
        period = frame.assign(grain=grain, period_start=starts_of(frame["day"], grain))
        last = period.sort_values("day").drop_duplicates(["entity", "period_start"], keep="last")
        found += [numbers(last.assign(metric_name=n, metric_value=last[n])) for n in names]
    return pd.concat(found, ignore_index=True)


def _deploys(told: Told) -> pd.DataFrame:
    """Releases with a zero on every day since a component's first."""
    releases = told.releases
    ran = pd.DataFrame(
        {
            "entity": releases["model"],
            "day": releases["at"].dt.tz_localize(None).dt.normalize(),
            "deployment_frequency": 1.0,
            "failed_deployments": releases["is_failed"].astype(float),
            "rework_deployments": releases["is_rework"].astype(float),
        }
    )
    spine = [
        pd.DataFrame({"entity": model, "day": pd.date_range(first, told.last_day)})
        for model, first in ran.groupby("entity")["day"].min().items()
    ]
    names = ["deployment_frequency", "failed_deployments", "rework_deployments"]
    days = pd.concat([ran, pd.concat(spine).assign(**dict.fromkeys(names, 0.0))])
    hours = ran.assign(recovery_hours=releases["recovery_hours"])
    return pd.concat(
        [
            summed(
                days.assign(segment_name=ALL, segment_value=ALL), names,
                {
                    "change_fail_rate": ("failed_deployments", "deployment_frequency"),
                    "deployment_rework_rate": ("rework_deployments", "deployment_frequency"),
                },
            ),
            percentiles(hours, of_percents("recovery_hours"), column="recovery_hours"),
        ],
        ignore_index=True,
    )  # fmt: skip


def _delivery_times(told: Told) -> pd.DataFrame:
    """From the start of an issue, and from its end, to the first release that names it."""
    first = {
        f"{model} {version}": (str(model), rows["at"].min())
        for (model, version), rows in told.releases.groupby(["model", "version"])
    }
    pairs = [(w, *first[name]) for w in told.work for name in w.versions if name in first]
    rows = [
        {
            "entity": model,
            "day": day(at),
            "change_lead_time_days": _days_until(at, w.started),
            "done_to_release_days": _days_until(at, w.finished),
        }
        for w, model, at in pairs
    ]
    frame, names = pd.DataFrame(rows), ("change_lead_time_days", "done_to_release_days")
    return pd.concat([percentiles(frame, of_percents(name), column=name) for name in names])


def _days_until(released: pd.Timestamp, since: pd.Timestamp | None) -> float:
    return np.nan if since is None or released < since else days_between(since, released)
