"""What does one issue of the REST interface or of the XML export say, as a row of the raw table?

Comments and worklogs are counted; their texts are not kept, nor the description. People are kept
by their account's id where there is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from assets.sources import quarantine
from assets.sources.date_forms import parse_date, to_utc
from assets.sources.jira_categories import category_of_key
from assets.sources.jira_headers import field_of

TIMES = {"created_at": "created", "updated_at": "updated", "resolved_at": "resolutiondate"}
_DAY_AND_MONTH = re.compile(r"\s*\d{1,2}[/-]\d{1,2}[/-]\d")
_OLD_SPRINT = re.compile(r"greenhopper\.service\.sprint\.Sprint.*?[\[,]name=([^,\]]*)")
_OLD_SPRINT_ID = re.compile(r"[\[,]id=(\d+)")
_MILLISECONDS = 100_000_000_000
_READ = {
    "key", "id", "project", "issuetype", "summary", "status", "resolution", "priority", "assignee",
    "reporter", "created", "updated", "resolutiondate", "fixVersions", "labels", "components",
    "sprint", "closedSprints", "comment", "worklog",
}  # fmt: skip
_NOT_KEPT = {
    "description", "environment", "creator", "attachment", "watches", "votes", "issuelinks",
    "subtasks", "changelog", "self", "expand", "renderedFields", "names", "schema", "operations",
    "editmeta", "transitions", "properties",
}  # fmt: skip
_PERSON = ("accountId", "emailAddress", "displayName", "avatarUrls")


class BadValue(Exception):
    """A value that keeps an item from being loaded."""

    def __init__(self, reason: str, column: str, found: Any, expected: str) -> None:
        self.reason, self.column, self.expected = reason, column, expected
        self.found = None if found is None else str(found)[:500]
        super().__init__(f"{column}: {found!r}")


def issue_row(
    issue: Mapping[str, Any],
    *,
    zone: tzinfo,
    names: Mapping[str, str],
    columns: Mapping[str, str],
) -> dict[str, Any]:
    """The row of one issue. `names` gives the names of custom fields by id, `columns` is the
    mapping of hub.yml. Raises `BadValue`."""
    told = issue.get("fields")
    fields: Mapping[str, Any] = told if isinstance(told, Mapping) else issue
    key = issue.get("key")
    if not isinstance(key, str) or not key.strip():
        raise BadValue(quarantine.MISSING_REQUIRED, "key", key, "the issue's key")
    status, project = fields.get("status"), fields.get("project")
    if not (name := name_of(status)):
        raise BadValue(quarantine.MISSING_REQUIRED, "status", status, "a status")
    category, agrees = category_of_key(
        status.get("statusCategory")
        if isinstance(status, Mapping)
        else fields.get("statusCategory")
    )
    by_meaning = _by_meaning(fields, names, columns)
    sprints = _sprints(fields, by_meaning.get("sprints"))
    row: dict[str, Any] = {
        "issue_key": key.strip(),
        "issue_id": text_of(issue.get("id")),
        "project": (name_of(project, "key") or key.rpartition("-")[0] or None),
        "issue_type": name_of(fields.get("issuetype")),
        "summary": text_of(fields.get("summary")),
        "status": name,
        "status_id": text_of(status.get("id")) if isinstance(status, Mapping) else None,
        "status_category": category,
        "resolution": name_of(fields.get("resolution")),
        "priority": name_of(fields.get("priority")),
        "assignee": _person(fields.get("assignee")),
        "reporter": _person(fields.get("reporter")),
        "story_points": _points(by_meaning.get("story_points")),
        "sprints": _list(list(dict.fromkeys(name for _, name in sprints))),
        "sprint_ids": _ids(sprints),
        "fix_versions": _list(_names(fields.get("fixVersions"))),
        "labels": _list(_names(fields.get("labels"))),
        "components": _list(_names(fields.get("components"))),
        "n_comments": _count(fields.get("comment"), "comments"),
        "n_worklogs": _count(fields.get("worklog"), "worklogs"),
        "_extra": _extra(fields, names) or None,
        "_category_agrees": agrees,
    }
    for ours, theirs in TIMES.items():
        row[ours] = moment(fields.get(theirs), theirs, zone)
    if row["created_at"] is None:
        raise BadValue(quarantine.MISSING_REQUIRED, "created", None, "when the issue was created")
    return row


def moment(value: Any, column: str, zone: tzinfo) -> datetime | None:
    """A time in UTC: ISO 8601, a count of (milli)seconds, or with a month's name. Raises
    `BadValue`, also where day and month could change places."""
    if value in (None, ""):
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC)
        text = str(value).strip()
        when = None if _DAY_AND_MONTH.match(text) else parse_date(text, order="dmy")
        read = to_utc([(text, when)], zone).times if when else {}
    except (ValueError, OverflowError, OSError):
        read = {}
    if not read:
        raise BadValue(quarantine.BAD_TIMESTAMP, column, value, "a time as in ISO 8601")
    return read[text]


def name_of(value: Any, *first: str) -> str | None:
    """The name of an object such as a status or a version, or the text itself."""
    if isinstance(value, Mapping):
        for member in (*first, "name", "value", "key", "id"):
            if isinstance(found := value.get(member), str | int) and str(found).strip():
                return str(found).strip()
        return None
    return text_of(value)


def text_of(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _person(value: Any) -> str | None:
    return name_of(value, "accountId", "key") if isinstance(value, Mapping) else text_of(value)


def _by_meaning(
    fields: Mapping[str, Any], names: Mapping[str, str], columns: Mapping[str, str]
) -> dict[str, Any]:
    """Custom fields by what they mean: as hub.yml says, else by their names."""
    found: dict[str, Any] = {}
    for field, value in fields.items():
        title = names.get(field, field)
        ours = next((o for o, theirs in columns.items() if theirs in (field, title)), None)
        ours = ours or field_of(title)
        if ours in ("story_points", "sprints") and value is not None:
            found.setdefault(ours, value)
    return found


def _points(value: Any) -> float | None:
    if isinstance(value, Mapping):
        value = value.get("value")
    try:
        number = float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) < 1e9 else None


def _sprints(fields: Mapping[str, Any], named: Any) -> list[tuple[str | None, str]]:
    """Id and name of sprints: of the agile interface, of a custom field, or in the old text form.
    Two boards may call their sprints alike: the id tells them apart."""
    values = [fields.get("sprint"), fields.get("closedSprints"), named]
    values += [value for field, value in fields.items() if field.startswith("customfield_")]
    members = [m for v in values for m in (v if isinstance(v, list) else [v])]
    found: list[tuple[str | None, str]] = []
    for member in members:
        if isinstance(member, Mapping) and "name" in member and "state" in member:
            found.append((text_of(member.get("id")), str(member["name"])))
        elif isinstance(member, str) and (match := _OLD_SPRINT.search(member)):
            number = _OLD_SPRINT_ID.search(member)
            found.append((number[1] if number else None, match[1]))
    if named and not found:
        members = named if isinstance(named, list) else [named]
        found = [(_id(member), name) for member in members if (name := name_of(member))]
    return list(dict.fromkeys(found))


def _ids(sprints: list[tuple[str | None, str]]) -> str | None:
    """The sprints by their ids; None where one of them has none, so that the names must do."""
    ids = [number for number, _ in sprints if number]
    return _list(list(dict.fromkeys(ids))) if len(ids) == len(sprints) else None


def _id(value: Any) -> str | None:
    return text_of(value.get("id")) if isinstance(value, Mapping) else None


def _names(value: Any) -> list[str]:
    members = value if isinstance(value, list) else [value]
    return [name for member in members if (name := name_of(member))]


def _list(values: list[str]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _count(value: Any, member: str) -> int | None:
    """How many there are; unknown when the field was not asked for."""
    if isinstance(value, Mapping):
        listed = value.get(member)
        there = len(listed) if isinstance(listed, list) else None
        total = value.get("total")
        return total if isinstance(total, int) and 0 <= total < 1 << 31 else there
    return len(value) if isinstance(value, list) else None


def _extra(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Plain values of further fields; people, texts of the issue and nested objects are left."""
    extra: dict[str, Any] = {}
    for field, value in fields.items():
        if field not in _READ | _NOT_KEPT and (plain := _plain(value)) not in (None, "", []):
            extra[names.get(field, field)] = plain
    return extra


def _plain(value: Any, depth: int = 0) -> Any:
    if isinstance(value, list):
        if depth:
            return None
        return [plain for member in value if (plain := _plain(member, 1)) is not None]
    if isinstance(value, Mapping):
        is_person = any(sign in value for sign in _PERSON)
        return None if is_person else name_of(value, "value", "name", "key") or None
    if isinstance(value, str) and _OLD_SPRINT.search(value):
        return None
    return value
