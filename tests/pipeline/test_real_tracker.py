"""Do the histories of a real tracker give the flow that plain Python counts from the same files?

Only the models that these figures rest on are built.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from hub.home import HubHome
from hub.warehouse import open_warehouse
from tests.pipeline.observed_home import observed_home

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("runs")]

ZONE = ZoneInfo("Asia/Shanghai")
METRICS = (
    "throughput", "created_issues", "straight_to_done", "reopenings", "approximate_share",
    "cycle_time_days_p50", "cycle_time_days_p85", "lead_time_days_p50", "wip",
    "sprint_commitment_kept",
)  # fmt: skip
HUB = """
company: A tracker
time_zone: Asia/Shanghai
currency: CNY
sources:
  - name: jira
    kind: jira
    path: {data}/jira/_raw_jira_api_*.csv
    status_categories: {{Inbox: to_do, Ready for Dev: to_do}}
"""
UNLISTED = {"To Do": "new", "Inbox": "new", "Ready for Dev": "new", "Resolved": "done"}


@dataclass
class Way:
    """The way of an issue, counted by hand."""

    project: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    reopened: list[datetime]
    entered: list[tuple[datetime, str]]
    """When it came into which category."""

    def is_done_at(self, moment: datetime) -> bool:
        return ([category for at, category in self.entered if at <= moment] or [""])[-1] == "done"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    return HubHome(tmp_path_factory.mktemp("tracker"))


@pytest.fixture(scope="module")
def observed(real_data: Path, home: HubHome) -> pd.DataFrame:
    """Observations of the whole: metric_name, entity, grain, period_start, metric_value."""
    return observed_home(
        home,
        HUB.format(data=real_data),
        metrics=METRICS,
        dbt=["build", "--select", "+team_flow_days", "+team_wip", "+team_cycle_times",
             "+team_sprints", "stg_watermarks", "metrics_time_spine",
             "--indirect-selection", "cautious"],
        # neither service logs nor money: no day is lost
        create="create table metrics_spine.metrics_lost_days (kind varchar, lost_on date)",
    )  # fmt: skip


def objects(real_data: Path, name: str) -> list[dict[str, Any]]:
    """What the tracker said, as it stands in a raw table."""
    frame = pd.read_csv(real_data / "jira" / f"_raw_jira_api_{name}.csv", dtype=str)
    return [json.loads(text) for text in frame["data"]]


@pytest.fixture(scope="module")
def ways(real_data: Path) -> list[Way]:
    listed = {one["id"]: one["statusCategory"]["key"] for one in objects(real_data, "status")}
    return [_way(issue, listed) for issue in objects(real_data, "issues")]


def _way(issue: dict[str, Any], listed: dict[str, str]) -> Way:
    log = issue["changelog"]
    assert log["total"] == len(log["histories"])
    steps = sorted(
        (at(entry["created"]), int(entry["id"]), number, item)
        for entry in log["histories"]
        for number, item in enumerate(entry["items"])
        if item["field"] == "status"
    )
    created = at(issue["fields"]["created"])
    category = listed[issue["fields"]["status"]["id"]]
    if steps:
        category = _category(steps[0][3]["from"], steps[0][3]["fromString"], listed)
    entries = [(created, category)]
    entries += [
        (moment, _category(item["to"], item["toString"], listed)) for moment, _, _, item in steps
    ]
    way = Way(issue["key"].split("-")[0], created, None, None, [], entries)
    before = ""
    for moment, entered in entries:
        if entered == "indeterminate" and way.started is None:
            way.started = moment
        if entered == "done" and before != "done":
            way.finished = moment
        if before == "done" and entered != "done":
            way.finished = None
            way.reopened.append(moment)
        before = entered
    return way


def _category(number: str, name: str, listed: dict[str, str]) -> str:
    return listed[number] if number in listed else UNLISTED[name]


def at(text: str) -> datetime:
    """Whole seconds, on the tracker's clock."""
    return datetime.fromisoformat(text).astimezone(ZONE).replace(microsecond=0)


def days(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 86_400


def values(
    observed: pd.DataFrame, metric: str, grain: str = "day"
) -> dict[tuple[str, date], float]:
    rows = observed[(observed["metric_name"] == metric) & (observed["grain"] == grain)]
    starts = pd.to_datetime(rows["period_start"]).dt.date
    return dict(zip(zip(rows["entity"], starts, strict=True), rows["metric_value"], strict=True))


def test_every_issue_is_finished_on_the_day_its_history_says(
    observed: pd.DataFrame, ways: list[Way]
) -> None:
    done = Counter((w.project, w.finished.date()) for w in ways if w.finished)
    assert sum(done.values()) == 30
    found = values(observed, "throughput")
    assert {key: value for key, value in found.items() if value} == done
    made = {key: value for key, value in values(observed, "created_issues").items() if value}
    assert made == Counter((w.project, w.created.date()) for w in ways)
    # a day without work is a true zero
    assert found["EE", date(2020, 6, 13)] == 0


def test_most_went_straight_to_done_and_some_came_back(
    observed: pd.DataFrame, ways: list[Way]
) -> None:
    straight = Counter(
        (w.project, w.finished.date()) for w in ways if w.finished and w.started is None
    )
    assert 0 < sum(straight.values()) < 30
    found = values(observed, "straight_to_done")
    assert {key: value for key, value in found.items() if value} == straight
    back = Counter((w.project, moment.date()) for w in ways for moment in w.reopened)
    assert back
    assert {k: v for k, v in values(observed, "reopenings").items() if v} == back
    assert set(values(observed, "approximate_share", "month").values()) == {0.0}


def test_times_agree_with_what_is_counted_by_hand(observed: pd.DataFrame, ways: list[Way]) -> None:
    cycle: dict[tuple[str, date], list[float]] = {}
    lead: dict[tuple[str, date], list[float]] = {}
    for way in ways:
        if way.finished is None:
            continue
        week = (way.project, way.finished.date() - timedelta(days=way.finished.weekday()))
        lead.setdefault(week, []).append(days(way.created, way.finished))
        if way.started is not None:
            cycle.setdefault(week, []).append(days(way.started, way.finished))
    for metric, counted, percent in (("cycle_time_days_p50", cycle, 50),
                                     ("cycle_time_days_p85", cycle, 85),
                                     ("lead_time_days_p50", lead, 50)):  # fmt: skip
        found = values(observed, metric, "week")
        expected = {week: float(np.percentile(v, percent)) for week, v in counted.items()}
        assert found == pytest.approx(expected, rel=1e-9), metric


def test_work_in_progress_at_the_end_of_each_day(observed: pd.DataFrame, ways: list[Way]) -> None:
    found = values(observed, "wip")
    for on in (date(2020, 6, 12), date(2020, 6, 15), date(2020, 6, 18), date(2020, 7, 22)):
        end = datetime(on.year, on.month, on.day, tzinfo=ZONE) + timedelta(days=1)
        running = [
            w
            for w in ways
            if w.started and w.started < end and (w.finished is None or w.finished >= end)
        ]
        assert found["EE", on] == len(running), on
    assert max(found.values()) > 0


def sprint_counts(sprint: dict[str, Any], issues: list[tuple[dict[str, Any], Way]]) -> list[int]:
    """Committed, of these done, done, added, carried over, removed: one issue after another."""
    start, end = (datetime.fromisoformat(sprint[name]) for name in ("startDate", "completeDate"))
    counts = [0] * 6
    for issue, way in issues:
        stays = [
            (entered, left)
            for entered, left, ids in _sprint_lists(issue, way)
            if sprint["id"] in ids and entered <= end and (left is None or left > start)
        ]
        if not stays or (way.is_done_at(start) and way.is_done_at(end)):
            continue
        committed = any(entered <= start for entered, _ in stays)
        is_there = any(left is None or left > end for _, left in stays)
        done = is_there and way.is_done_at(end)
        kinds = committed, committed and done, done, not committed, is_there and not done
        counts = [n + is_one for n, is_one in zip(counts, (*kinds, not is_there), strict=True)]
    return counts


def _sprint_lists(
    issue: dict[str, Any], way: Way
) -> list[tuple[datetime, datetime | None, set[int]]]:
    """From when until when an issue was in which sprints; without a history, in today's always."""
    moves = sorted(
        (datetime.fromisoformat(entry["created"]), item["from"], item["to"])
        for entry in issue["changelog"]["histories"]
        for item in entry["items"]
        if item["field"] == "Sprint"
    )
    fields = issue["fields"]
    today = [*(fields.get("closedSprints") or []), *filter(None, [fields.get("sprint")])]
    if not moves:
        return [(way.created, None, {one["id"] for one in today})]
    texts = [(way.created, moves[0][1]), *((moment, after) for moment, _, after in moves)]
    ends = [*(moment for moment, _ in texts[1:]), None]
    return [
        (moment, end, {int(number) for number in re.findall("[0-9]+", text or "")})
        for (moment, text), end in zip(texts, ends, strict=True)
    ]


def test_every_sprint_is_there_and_held_what_the_histories_say(
    observed: pd.DataFrame, home: HubHome, ways: list[Way], real_data: Path
) -> None:
    sprints = objects(real_data, "sprints")
    issues = list(zip(objects(real_data, "issues"), ways, strict=True))
    counted = {str(one["id"]): sprint_counts(one, issues) for one in sprints}
    with open_warehouse(home) as con:
        listed = con.execute(
            "select sprint_id, state, started_at, completed_at from staging.stg_jira_sprints"
        ).fetchall()
        held = con.execute(
            "select sprint_id, committed, completed_committed, completed, added, carried_over, "
            "removed from team.team_sprints where project = 'EE'"
        ).fetchall()
    assert sorted(listed) == sorted(
        (str(one["id"]), one["state"], *(datetime.fromisoformat(one[name])
         for name in ("startDate", "completeDate")))
        for one in sprints
    )  # fmt: skip
    assert len(listed) == 30
    assert {number: list(counts) for number, *counts in held} == {
        number: counts for number, counts in counted.items() if any(counts)
    }
    kept: Counter[tuple[str, date]] = Counter()
    committed: Counter[tuple[str, date]] = Counter()
    for one in sprints:
        closed = datetime.fromisoformat(one["completeDate"]).astimezone(ZONE).date()
        committed["EE", closed.replace(day=1)] += counted[str(one["id"])][0]
        kept["EE", closed.replace(day=1)] += counted[str(one["id"])][1]
    assert values(observed, "sprint_commitment_kept", "month") == pytest.approx(
        {month: kept[month] / n for month, n in committed.items() if n}, rel=1e-9
    )


def test_every_worklog_counts_once_for_its_issue(
    observed: pd.DataFrame, home: HubHome, real_data: Path
) -> None:
    worklogs, issues = objects(real_data, "worklogs"), objects(real_data, "issues")
    apart = Counter(one["issueId"] for one in worklogs)
    within = {one["id"]: len((one["fields"].get("worklog") or {}).get("worklogs", [])) for one in
              issues}  # fmt: skip
    with open_warehouse(home) as con:
        told = con.execute(
            "select issue_id, entry_id, seconds, entered_at from raw.jira_activity "
            "where kind = 'worklog' and _file like '%worklogs.csv'"
        ).fetchall()
        counted = con.execute("select issue_id, n_worklogs from staging.stg_jira_issues").fetchall()
    assert sorted(told) == sorted(
        (one["issueId"], one["id"], one["timeSpentSeconds"], datetime.fromisoformat(one["started"]))
        for one in worklogs
    )
    assert (len(told), sum(seconds for _, _, seconds, _ in told)) == (30, 262_500)
    assert {number: n or 0 for number, n in counted} == {
        number: max(n, apart[number]) for number, n in within.items()
    }
    assert sum(n or 0 for _, n in counted) == 6
