"""Which issues, histories, statuses, sprints, worklogs and comments stand in a JSON document?

Answers of the REST interface come as pages around a list, as bare lists, one object a file or a
line, inside envelopes of whoever fetched them, even as text within a member. Objects are known by
their members, wherever they stand. A list that holds some of them holds nothing else: what is not
recognised there is an item of its own, to be set aside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ISSUE, HISTORY, STATUS, SPRINT, WORKLOG, COMMENT = (
    "issue", "history", "status", "sprint", "worklog", "comment",
)  # fmt: skip
UNKNOWN = "unknown"
# Not records: what a page says about itself.
ISSUE_PAGE, HISTORY_PAGE, EMPTY = "issue_page", "history_page", "empty"
NOT_RECORDS = (ISSUE_PAGE, HISTORY_PAGE, EMPTY)
_LISTS = ("issues", "values", "histories", "changeHistories", "worklogs", "comments",
          "issueChangeLogs", "statuses", "sprints")  # fmt: skip
_HISTORY_LISTS = ("histories", "changeHistories")
_SPRINT_STATES = ("active", "closed", "future")
_SPRINT_SIGNS = ("startDate", "endDate", "completeDate", "originBoardId", "boardId", "goal")
_DEEPEST = 12
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-\d+$")
_ISSUE_URL = re.compile(r"/issue/([^/?#\s]+)")
_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True)
class Place:
    """Where an item stands: its line, the path of members to it, the issue it belongs to, its
    page, names of fields."""

    line: int | None = None
    issue_key: str | None = None
    issue_id: str | None = None
    page: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    path: str = ""

    def within(self, member: str) -> Place:
        """The place of what a member of this object holds."""
        return replace(self, path=f"{self.path}.{member}" if self.path else member)

    def of(self, issue: str | None) -> Place:
        """This place, belonging to the issue of this key or number."""
        if issue and _KEY.match(issue):
            return replace(self, issue_key=issue.upper())
        if issue and _NUMBER.match(issue):
            return replace(self, issue_id=issue)
        return self


@dataclass(frozen=True)
class Item:
    kind: str
    value: Any
    place: Place


def find_items(document: Any, place: Place) -> list[Item]:
    """The items of one document, at least one; `UNKNOWN` when nothing is recognised."""
    found = _walk(document, place, 0)
    if isinstance(document, list):
        return found or [Item(EMPTY, document, place)]
    return found or [Item(UNKNOWN, document, place)]


def is_issue_key(text: Any) -> bool:
    return isinstance(text, str) and bool(_KEY.match(text))


def issue_in_url(text: str) -> str | None:
    """The key or number of the issue that an address of the REST interface names."""
    match = _ISSUE_URL.search(text)
    return match[1] if match else None


def _walk(node: Any, place: Place, depth: int) -> list[Item]:
    if depth > _DEEPEST:
        return []
    if isinstance(node, str):
        return _in_text(node, place, depth)
    if isinstance(node, list):
        return _in_list(node, place, depth, must_be=depth == 0)
    if not isinstance(node, dict):
        return []
    if kind := _kind(node):
        return [Item(kind, node, place)]
    return _in_envelope(node, place, depth)


def _in_text(text: str, place: Place, depth: int) -> list[Item]:
    if text[:1] not in ("{", "["):
        return []
    try:
        return _walk(json.loads(text), place, depth + 1)
    except (ValueError, RecursionError):
        return []


def _in_list(nodes: list[Any], place: Place, depth: int, *, must_be: bool) -> list[Item]:
    inner = replace(place, path=place.path + "[]")
    found = [_walk(node, inner, depth + 1) for node in nodes]
    if not must_be and not any(found):
        return []
    return [
        item
        for node, items in zip(nodes, found, strict=True)
        for item in (items or [Item(UNKNOWN, node, inner)])
    ]


def _in_envelope(node: dict[str, Any], place: Place, depth: int) -> list[Item]:
    inner = _issue_of(node, place)
    names = node.get("names")
    if isinstance(names, dict):
        inner = replace(inner, names={str(key): str(name) for key, name in names.items()})
    found: list[Item] = []
    for key, member in node.items():
        if key == "changelog" and isinstance(member, dict) and "items" in member:
            member = {"created": node.get("timestamp"), **member}
            found += [Item(HISTORY, member, _issue_of(node.get("issue"), inner))]
        elif key in _LISTS and isinstance(member, list):
            found += _in_page(node, key, member, inner.within(key), depth)
        else:
            found += _walk(member, inner.within(key), depth + 1)
    return found


def _in_page(
    node: dict[str, Any], key: str, members: list[Any], place: Place, depth: int
) -> list[Item]:
    """A list under a name of the REST interface, with what the page says about itself."""
    meta = {name: value for name, value in node.items() if not isinstance(value, list | dict)}
    inner = replace(place, page=meta | {"found": len(members)})
    found = _in_list(members, inner, depth + 1, must_be=key == "issues")
    histories = any(item.kind == HISTORY for item in found)
    is_history = key in _HISTORY_LISTS or "/changelog" in str(node.get("self", ""))
    if histories or (is_history and not members):
        return [Item(HISTORY_PAGE, inner.page, inner), *found]
    if key == "issues":
        return [Item(ISSUE_PAGE, inner.page, inner), *found]
    return found if found or members else [Item(EMPTY, node, inner)]


def _issue_of(node: Any, place: Place) -> Place:
    """The place within an object that names the issue it is about."""
    if not isinstance(node, Mapping):
        return place
    url = node.get("self")
    if isinstance(url, str):
        place = place.of(issue_in_url(url))
    for name in ("issueId", "issue_id", "issueKey", "issue_key", "issueIdOrKey"):
        if isinstance(value := node.get(name), str | int):
            place = place.of(str(value))
    if is_issue_key(node.get("key")):
        place = place.of(node["key"])
        if isinstance(value := node.get("id"), str | int):
            place = place.of(str(value))
    return place


def issue_of(node: Mapping[str, Any], place: Place) -> Place:
    """The issue that an object (a worklog, a row of a table) says it belongs to, else `place`."""
    return _issue_of(node, place)


def _kind(node: dict[str, Any]) -> str | None:
    if _is_issue(node):
        return ISSUE
    if "created" in node and isinstance(node.get("items"), list):
        return HISTORY
    if "timeSpentSeconds" in node and "started" in node:
        return WORKLOG
    if "statusCategory" in node and "name" in node:
        return STATUS
    state = node.get("state")
    if isinstance(state, str) and state.lower() in _SPRINT_STATES and "name" in node:
        return SPRINT if _has_any(node, _SPRINT_SIGNS) else None
    if "body" in node and "created" in node and _has_any(node, ("author", "updateAuthor", "id")):
        return COMMENT
    return None


def _is_issue(node: dict[str, Any]) -> bool:
    if isinstance(node.get("fields"), dict):
        return "key" in node or "id" in node
    signs = ("created", "status", "summary", "issuetype")
    return is_issue_key(node.get("key")) and _has_any(node, signs)


def _has_any(node: Mapping[str, Any], names: Iterable[str]) -> bool:
    return any(name in node for name in names)
