"""Objects as Jira's REST interface gives them, small and written by hand."""

from __future__ import annotations

from typing import Any

CATEGORIES = {"To Do": (2, "new"), "In Progress": (4, "indeterminate"), "Done": (3, "done")}


def status(name: str, *, id: str = "", category: str = "To Do") -> dict[str, Any]:
    number, key = CATEGORIES[category]
    return {
        "id": id or str(10000 + number),
        "name": name,
        "statusCategory": {"id": number, "key": key, "name": category},
    }


def change(field: str, old: str | None, new: str | None, *, ids: tuple[str, str]) -> dict[str, Any]:
    return {
        "field": field, "fieldtype": "jira", "fieldId": field, "from": ids[0], "to": ids[1],
        "fromString": old, "toString": new,
    }  # fmt: skip


def history(number: int, *items: dict[str, Any], at: str = "") -> dict[str, Any]:
    moved = change("status", "To Do", "In Progress", ids=("10002", "10004"))
    return {
        "id": str(500 + number),
        "author": {"accountId": "5b10", "displayName": "Ada L"},
        "created": at or f"2025-03-{2 + number % 27:02}T10:00:00.000+0100",
        "items": list(items) or [moved],
    }


def changelog(*histories: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    count = len(histories) if total is None else total
    return {"startAt": 0, "maxResults": 100, "total": count, "histories": list(histories)}


def issue(number: int = 1, **members: Any) -> dict[str, Any]:
    """An issue of project A; `fields` of its own replace or extend the usual ones."""
    fields = {
        "summary": "Faster search",
        "issuetype": {"id": "1", "name": "Story", "subtask": False},
        "project": {"id": "7", "key": "A", "name": "Alpha"},
        "status": status("In Review", id="10031", category="In Progress"),
        "priority": {"name": "High"},
        "resolution": None,
        "assignee": {"accountId": "5b10", "displayName": "Ada L", "emailAddress": "ada@x.org"},
        "reporter": {"accountId": "5b11", "displayName": "Bob"},
        "created": "2025-03-01T09:15:02.113+0100",
        "updated": "2025-03-05T09:15:02.113+0100",
        "resolutiondate": None,
        "labels": ["search"],
        "fixVersions": [{"name": "1.0"}, {"name": "2.0"}],
        "components": [{"name": "api"}],
        "comment": {"total": 3, "comments": [{"body": "secret words", "author": {}}]},
        "worklog": {"total": 1, "worklogs": []},
        "description": "secret words",
        "customfield_10016": 5.0,
        "customfield_10020": [{"id": 3, "name": "S 1", "state": "active", "boardId": 1}],
    } | members.pop("fields", {})
    made = {
        "id": str(10000 + number),
        "key": f"A-{number}",
        "self": f"https://alpha.example/rest/api/3/issue/{10000 + number}",
        "fields": fields,
    }
    return made | members


def page(*issues: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"startAt": 0, "maxResults": 50, "total": len(issues), "issues": list(issues)} | members
