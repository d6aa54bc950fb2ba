"""What do the shop's own files say of work, releases and incidents? Read with pandas alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

ZONE = "Europe/Berlin"
WAITING = "In Review"
CATEGORY = {"To Do": "to_do", "In Progress": "in_progress", WAITING: "in_progress",
            "Done": "done", "Won't Do": "done"}  # fmt: skip
DAY = 86_400.0


@dataclass
class Work:
    """An issue as the files tell it: local times, and where it was when, if a history tells."""

    key: str
    project: str
    kind: str
    category: str
    created: pd.Timestamp
    updated: pd.Timestamp
    resolved: pd.Timestamp | None
    versions: list[str]
    sprint_ids: list[str]
    steps: list[tuple[pd.Timestamp, str, str]] | None = None
    moves: list[tuple[pd.Timestamp, str, str]] = field(default_factory=list)

    @property
    def is_rough(self) -> bool:
        return self.steps is None

    @cached_property
    def stays(self) -> list[tuple[pd.Timestamp, pd.Timestamp | None, str, str]]:
        """From when until when it was in which status, of which category."""
        assert self.steps is not None
        entries = [(self.created, self.steps[0][1] if self.steps else "To Do")]
        entries += [(at, after) for at, _, after in self.steps]
        ends = [at for at, _ in entries[1:]] + [None]
        return [(at, end, s, CATEGORY[s]) for (at, s), end in zip(entries, ends, strict=True)]

    @cached_property
    def started(self) -> pd.Timestamp | None:
        if self.is_rough:
            return None
        return next((at for at, _, _, category in self.stays if category == "in_progress"), None)

    @cached_property
    def finished(self) -> pd.Timestamp | None:
        if self.category != "done":
            return None
        if self.is_rough:
            return self.resolved if self.resolved is not None else self.updated
        entered, before = None, None
        for at, _, _, category in self.stays:
            if category == "done" != before:
                entered = at
            before = category
        return entered

    @property
    def reopened(self) -> list[pd.Timestamp]:
        """When it went from Done back."""
        if self.is_rough:
            return []
        return [
            new[0] for old, new in pairwise(self.stays) if old[3] == "done" and new[3] != "done"
        ]

    @property
    def lead(self) -> float:
        assert self.finished is not None
        return days_between(self.created, self.finished)

    @property
    def cycle(self) -> float:
        """Days; NaN for what went straight to Done."""
        if self.is_rough:
            return self.lead
        if self.started is None or self.finished is None:
            return float("nan")
        return days_between(self.started, self.finished)

    @property
    def active(self) -> float:
        """Days worked on; NaN where nothing tells."""
        if self.is_rough or self.started is None or self.finished is None:
            return float("nan")
        return sum(
            days_between(at, end)
            for at, end, status, category in self.stays
            if end is not None and category == "in_progress" and status != WAITING
        )

    def is_done_at(self, moment: pd.Timestamp) -> bool:
        if self.is_rough:
            return self.finished is not None and self.finished <= moment
        category = ""
        for at, _, _, entered in self.stays:
            if at > moment:
                break
            category = entered
        return category == "done"


def days_between(first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Elapsed days: real time, a day of 25 hours is longer than one."""
    return (last.tz_convert("UTC") - first.tz_convert("UTC")).total_seconds() / DAY


def local(text: Any) -> Any:
    """The time on the shop's clock; None without one."""
    return pd.Timestamp(text).tz_convert(ZONE) if text else None


def work(exports: Path) -> list[Work]:
    """Every issue of both projects, as delivered last."""
    told = [
        _from_json(issue)
        for page in sorted((exports / "jira").glob("jira-REC-*.json"))
        for issue in json.loads(page.read_text())["issues"]
    ]
    frames = [pd.read_csv(f, dtype=str) for f in (exports / "jira").glob("jira-SHOP-*.csv")]
    rows = pd.concat(frames).dropna(subset=["Issue key"])
    times = pd.to_datetime(rows["Updated"], format="%d/%b/%y %I:%M %p")
    last = rows.assign(_at=times).sort_values("_at").drop_duplicates("Issue key", keep="last")
    return told + [_from_csv(row) for row in last.to_dict("records")]


def _from_json(issue: dict[str, Any]) -> Work:
    fields, log = issue["fields"], issue["changelog"]
    entries = sorted(log["histories"], key=lambda entry: (entry["created"], int(entry["id"])))
    entries.sort(key=lambda entry: pd.Timestamp(entry["created"]))
    items = [(local(e["created"]), item) for e in entries for item in e["items"]]
    steps = [(at, i["fromString"], i["toString"]) for at, i in items if i["field"] == "status"]
    moves = [(at, i["from"], i["to"]) for at, i in items if i["field"] == "Sprint"]
    keys = {"new": "to_do", "indeterminate": "in_progress", "done": "done"}
    is_whole = log["total"] <= len(log["histories"])
    return Work(
        issue["key"], fields["project"]["key"], fields["issuetype"]["name"],
        keys[fields["status"]["statusCategory"]["key"]], local(fields["created"]),
        local(fields["updated"]), local(fields["resolutiondate"]),
        [version["name"] for version in fields["fixVersions"]],
        [str(sprint["id"]) for sprint in fields["customfield_10020"] or []],
        steps if is_whole else None, moves if is_whole else [],
    )  # fmt: skip


def _from_csv(row: dict[Any, Any]) -> Work:
    def at(name: str) -> Any:
        if not isinstance(row[name], str):
            return None
        return pd.to_datetime(row[name], format="%d/%b/%y %I:%M %p").tz_localize(ZONE)

    version = row["Fix versions"]
    return Work(
        row["Issue key"], row["Project key"], row["Issue Type"], CATEGORY[row["Status"]],
        at("Created"), at("Updated"), at("Resolved"),
        [version] if isinstance(version, str) else [], [],
    )  # fmt: skip


def deploys(exports: Path) -> pd.DataFrame:
    """Releases to production by component in order, with rollbacks and what failed or mended."""
    frame = pd.concat(pd.read_csv(f, dtype=str) for f in (exports / "releases").glob("*.csv"))
    frame["at"] = pd.to_datetime(frame["released_at"], utc=True).dt.tz_convert(ZONE)
    frame = frame.sort_values(["model", "at"]).reset_index(drop=True)
    by_model = frame.groupby("model")
    frame["is_rollback"] = (
        frame.duplicated(["model", "version"])
        & (by_model["version"].shift() != frame["version"])
        & by_model["version"].shift().notna()
    )
    frame["is_rolled_back"] = by_model["is_rollback"].shift(-1, fill_value=False).astype(bool)
    frame["next_at"] = by_model["at"].shift(-1)
    return frame


def attributed(exports: Path, releases: pd.DataFrame, *, gap_hours: float) -> pd.DataFrame:
    """Incidents with the number of the release they belong to; NaN where none is."""
    frame = pd.concat(pd.read_csv(f, dtype=str) for f in (exports / "incidents").glob("*.csv"))
    for name in ("started_at", "resolved_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_convert(ZONE)
    frame["release"] = [_release_of(row, releases, gap_hours) for _, row in frame.iterrows()]
    return frame


def _release_of(row: pd.Series, releases: pd.DataFrame, gap_hours: float) -> float:
    mine = releases[releases["model"] == row["service"]]
    if isinstance(row["version"], str):
        named = mine[mine["version"] == row["version"]]
        earlier = named[named["at"] <= row["started_at"]]
        chosen = earlier.tail(1) if len(earlier) else named.head(1)
    else:
        chosen = mine[mine["at"] <= row["started_at"]].tail(1)
        age = [days_between(at, row["started_at"]) * 24 for at in chosen["at"]]
        chosen = chosen[[each <= gap_hours for each in age]]
    return float(chosen.index[0]) if len(chosen) else float("nan")


def judged(releases: pd.DataFrame, incidents: pd.DataFrame) -> pd.DataFrame:
    """The releases with `is_failed`, `recovery_hours` and `is_rework`."""
    found = incidents.dropna(subset=["release"]).groupby("release")
    first, last = found["started_at"].min(), found["resolved_at"].max()
    rows = []
    before: Any = None
    for number, row in zip(releases.index, releases.to_dict("records"), strict=True):
        has = number in first.index
        hours = float("nan")
        if has:
            hours = days_between(first[number], last[number]) * 24
        elif row["is_rolled_back"]:
            hours = days_between(row["at"], row["next_at"]) * 24
        is_next = before is not None and releases.loc[before, "model"] == row["model"]
        mends = is_next and before in first.index and first[before] <= row["at"] <= last[before]
        is_rework = row["is_rollback"] or "hotfix" in row["version"] or mends
        rows.append((has or row["is_rolled_back"], hours, is_rework))
        before = number
    names = ["is_failed", "recovery_hours", "is_rework"]
    return releases.assign(**pd.DataFrame(rows, columns=names, index=releases.index))
