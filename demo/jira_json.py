"""What does the tracker's REST interface answer: issues with their histories, page by page?

Histories begin with the issue, tell every change of status and sprint, and of a few issues come cut
off after the newest entries, as the search of Jira Cloud cuts them.
"""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from demo.issues import PEOPLE, Issue
from demo.shop import Shop
from demo.tally import FileCount, write_bytes

PROJECT_NAMES = {"REC": "Recommendations", "SHOP": "Storefront"}
STATUS_IDS = {"To Do": 10001, "In Progress": 3, "In Review": 10003, "Done": 10004,
              "Won't Do": 10005}  # fmt: skip
CATEGORIES = {"To Do": (2, "new", "To Do"), "In Progress": (4, "indeterminate", "In Progress"),
              "In Review": (4, "indeterminate", "In Progress"), "Done": (3, "done", "Done"),
              "Won't Do": (3, "done", "Done")}  # fmt: skip
ISSUES_A_PAGE, SPRINTS_A_PAGE = 100, 50
SEARCH_LIMIT = 40
FIRST_SPRINT, SPRINT_DAYS, SPRINT_BOARD = 31, 14, 7
POINTS_FIELD, SPRINT_FIELD = "customfield_10016", "customfield_10020"
_REOPENED_EVERY, _CUT_EVERY, _ADDED_EVERY = 13, 29, 4
_RANKINGS = 44

Change = tuple[datetime, str, str, str, str, str]
"""When, which field, old id, old text, new id, new text."""


def write_jira_json(
    shop: Shop, folder: Path, project: str, chosen: list[Issue], as_of: datetime
) -> list[FileCount]:
    """Writes the issues of a project as they stand at a moment, and its sprints."""
    told = [_issue(shop, issue, as_of) for issue in chosen]
    counts = []
    for number, start in enumerate(range(0, len(told), ISSUES_A_PAGE), start=1):
        page = {
            "expand": "names,schema", "startAt": start, "maxResults": ISSUES_A_PAGE,
            "total": len(told), "issues": told[start : start + ISSUES_A_PAGE],
            "names": {POINTS_FIELD: "Story Points", SPRINT_FIELD: "Sprint"},
        }  # fmt: skip
        name = f"exports/jira/jira-{project}-{as_of:%Y-%m-%d}-page-{number}.json"
        counts.append(_write(folder, name, page, len(page["issues"])))  # type: ignore[arg-type]
    numbers = range(FIRST_SPRINT, sprint_number(shop, as_of) + 1)
    sprints = [_sprint(shop, project, number, as_of) for number in numbers]
    for number, start in enumerate(range(0, len(sprints), SPRINTS_A_PAGE), start=1):
        values = sprints[start : start + SPRINTS_A_PAGE]
        page = {
            "maxResults": SPRINTS_A_PAGE, "startAt": start, "values": values,
            "isLast": start + SPRINTS_A_PAGE >= len(sprints),
        }  # fmt: skip
        name = f"exports/jira/sprints-{project}-{as_of:%Y-%m-%d}-page-{number}.json"
        counts.append(_write(folder, name, page, len(values)))
    return counts


def histories_truth(chosen: list[Issue], as_of: datetime) -> dict[str, list[str]]:
    """Keys of issues done straight away, done twice, and with a history that is cut off."""
    histories = {issue.key: status_changes(issue, as_of) for issue in chosen}
    return {
        "straight_to_done": [i.key for i in chosen if i.is_dropped and histories[i.key]],
        "reopened": [key for key, found in histories.items() if any(c[3] == "Done" for c in found)],
        "cut_off": [issue.key for issue in chosen if is_cut(issue)],
    }


def is_cut(issue: Issue) -> bool:
    return issue.issue_id % _CUT_EVERY == 0


def status_changes(issue: Issue, as_of: datetime) -> list[Change]:
    """Every change of status up to a moment; some issues are done, opened again, and done."""
    steps = [("In Progress", issue.started_at), ("In Review", issue.reviewed_at)]
    review, end = issue.reviewed_at, issue.resolved_at
    if review and end and issue.issue_id % _REOPENED_EVERY == 0:
        steps += [
            ("Done", _minute(review + 0.4 * (end - review))),
            ("In Progress", _minute(review + 0.7 * (end - review))),
        ]
    steps.append(("Won't Do" if issue.is_dropped else "Done", end))
    found: list[Change] = []
    before = "To Do"
    for status, at in steps:
        if at is not None and at <= as_of:
            found.append(
                (at, "status", str(STATUS_IDS[before]), before, str(STATUS_IDS[status]), status)
            )
            before = status
    return found


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def sprint_number(shop: Shop, at: datetime) -> int:
    return FIRST_SPRINT + shop.plan.index(at.date()) // SPRINT_DAYS


def sprint_start(shop: Shop, number: int) -> datetime:
    return shop.plan.at((number - FIRST_SPRINT) * SPRINT_DAYS, time(9, 30))


def sprint_changes(shop: Shop, issue: Issue, as_of: datetime) -> list[Change]:
    """Planned before the sprint, or pulled in when work starts; carried over at its end."""
    if issue.started_at is None or issue.started_at > as_of:
        return []
    first = sprint_number(shop, issue.started_at)
    planning = sprint_start(shop, first) - timedelta(hours=2)
    is_planned = issue.created_at < planning and issue.issue_id % _ADDED_EVERY != 0
    moments = [planning if is_planned else issue.started_at]
    last = sprint_number(shop, min(issue.resolved_at or as_of, as_of))
    moments += [sprint_end(shop, number) for number in range(first, last)]
    found: list[Change] = []
    for at, number in zip(moments, range(first, last + 1), strict=True):
        old, new = range(first, number), range(first, number + 1)
        if at <= as_of:
            found.append(
                (at, "Sprint", _ids(old), _names(issue, old), _ids(new), _names(issue, new))
            )
    return found


def sprint_end(shop: Shop, number: int) -> datetime:
    return sprint_start(shop, number + 1) - timedelta(hours=1)


def _ids(numbers: range) -> str:
    return ", ".join(str(300 + number) for number in numbers)


def _names(issue: Issue, numbers: range) -> str:
    return ", ".join(f"{issue.project} Sprint {number}" for number in numbers)


def _sprint(shop: Shop, project: str, number: int, as_of: datetime) -> dict[str, Any]:
    end = sprint_end(shop, number)
    is_closed = end <= as_of
    told = {
        "id": 300 + number, "name": f"{project} Sprint {number}", "originBoardId": SPRINT_BOARD,
        "state": "closed" if is_closed else "active", "startDate": _at(sprint_start(shop, number)),
        "endDate": _at(end),
    }  # fmt: skip
    return told | ({"completeDate": _at(end)} if is_closed else {})


def _issue(shop: Shop, issue: Issue, as_of: datetime) -> dict[str, Any]:
    changes = status_changes(issue, as_of)
    moves = sprint_changes(shop, issue, as_of)
    status = changes[-1][5] if changes else "To Do"
    is_done = CATEGORIES[status][1] == "done"
    everything = sorted([*changes, *moves, *_rankings(issue, as_of)], key=lambda change: change[0])
    fields: dict[str, Any] = {
        "summary": issue.summary,
        "issuetype": {"name": issue.issue_type},
        "project": {"key": issue.project, "name": PROJECT_NAMES[issue.project]},
        "status": {"id": str(STATUS_IDS[status]), "name": status,
                   "statusCategory": _category(status)},
        "resolution": {"name": status} if is_done else None,
        "priority": {"name": issue.priority},
        "assignee": _person(issue.assignee),
        "reporter": _person(issue.reporter),
        "created": _at(issue.created_at),
        "updated": _at(everything[-1][0] if everything else issue.created_at),
        "resolutiondate": _at(changes[-1][0]) if is_done else None,
        "fixVersions": [{"name": issue.fix_version}] if is_done and issue.fix_version else [],
        "components": [{"name": issue.component}],
        "labels": [label for label in (issue.label, "team-" + issue.project.lower()) if label],
        "description": f"As a team of {issue.component} we want this done.",
        POINTS_FIELD: None if issue.issue_type == "Bug" else float(issue.points),
        SPRINT_FIELD: _sprints(shop, issue, moves, as_of),
        "comment": _comments(issue),
    }  # fmt: skip
    return {
        "id": str(issue.issue_id), "key": issue.key, "fields": fields,
        "self": f"https://lantern-loom.example/rest/api/3/issue/{issue.issue_id}",
        "changelog": _changelog(issue, everything),
    }  # fmt: skip


def _sprints(
    shop: Shop, issue: Issue, moves: list[Change], as_of: datetime
) -> list[dict[str, Any]] | None:
    if not moves:
        return None
    numbers = [int(text) - 300 for text in moves[-1][4].split(", ")]
    return [_sprint(shop, issue.project, number, as_of) for number in numbers]


def _category(status: str) -> dict[str, Any]:
    number, key, name = CATEGORIES[status]
    return {"id": number, "key": key, "name": name}


def _person(name: str) -> dict[str, str] | None:
    if not name:
        return None
    mail = name.lower().replace(" ", ".") + "@lantern-loom.example"
    account = f"712020:lantern-{PEOPLE.index(name):04d}"
    return {"accountId": account, "displayName": name, "emailAddress": mail}


def _comments(issue: Issue) -> dict[str, Any]:
    who = PEOPLE[issue.issue_id % len(PEOPLE)]
    bodies = [f"Seen again from 10.20.4.{issue.issue_id % 250}."] * (issue.issue_id % 3)
    told = [
        {"id": f"{issue.issue_id}{n}", "author": _person(who), "body": body,
         "created": _at(issue.created_at + timedelta(minutes=n + 1))}
        for n, body in enumerate(bodies)
    ]  # fmt: skip
    return {"comments": told, "total": len(told), "startAt": 0, "maxResults": 50}


def _rankings(issue: Issue, as_of: datetime) -> list[Change]:
    """Moves up and down the backlog, so many that the search leaves the first entries out."""
    if not is_cut(issue):
        return []
    until = min(issue.resolved_at or as_of, as_of)
    step = (until - issue.created_at) / (_RANKINGS + 1)
    return [
        (_minute(issue.created_at + step * (n + 1)), "Rank", "", "", "", "Ranked higher")
        for n in range(_RANKINGS)
    ]


def _changelog(issue: Issue, changes: list[Change]) -> dict[str, Any]:
    """Newest first, as Jira Cloud gives them; at most as many as its search does."""
    entries = [
        {"id": str(issue.issue_id * 100 + n), "created": _at(change[0]),
         "author": _person(PEOPLE[(issue.issue_id + n) % len(PEOPLE)]), "items": [_item(change)]}
        for n, change in enumerate(changes)
    ]  # fmt: skip
    kept = entries[::-1][:SEARCH_LIMIT]
    return {"startAt": 0, "maxResults": len(kept), "total": len(entries), "histories": kept}


def _item(change: Change) -> dict[str, Any]:
    _, field, old_id, old, new_id, new = change
    return {"field": field, "fieldtype": "jira", "from": old_id, "fromString": old,
            "to": new_id, "toString": new}  # fmt: skip


def _at(moment: datetime) -> str:
    """A time as the interface writes it: `2026-03-12T09:41:00.000+0100`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000{moment:%z}"


def _write(folder: Path, name: str, page: dict[str, Any], records: int) -> FileCount:
    text = json.dumps(page, indent=1, ensure_ascii=False)
    write_bytes(folder, name, f"{text}\n".encode())
    return FileCount("jira", name, records)
