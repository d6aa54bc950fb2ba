"""What does an entry of an issue's history say, and is the history whole?

Values are kept of fields that tell how work flows. Of fields that hold texts or people only is
kept that they changed, and when. In JSON the new value's text stands under the key `toString`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from assets.sources import quarantine
from assets.sources.jira_issue import BadValue, moment, text_of
from assets.sources.jira_items import Place

# The search of Jira Cloud gives no more than this many entries with an issue.
SEARCH_LIMIT = 40
_KEPT = {
    "status", "resolution", "issuetype", "issue type", "priority", "project", "key", "sprint",
    "fix version", "fixversions", "fix versions", "version", "component", "components", "labels",
    "story points", "story point estimate", "flagged", "parent", "epic link", "epic child", "link",
    "issueparentassociation", "rank", "workflow", "duedate", "timeestimate",
    "timeoriginalestimate", "timespent", "severity", "impact", "urgency",
}  # fmt: skip


def change_rows(history: Mapping[str, Any], place: Place, zone: tzinfo) -> list[dict[str, Any]]:
    """One row per changed field; an entry that changed none is a row without a field.

    Raises `BadValue`.
    """
    changed_at = moment(history.get("created"), "created", zone)
    if changed_at is None:
        raise BadValue(quarantine.MISSING_REQUIRED, "created", None, "when it was changed")
    if place.issue_key is None and place.issue_id is None:
        raise BadValue(
            quarantine.MISSING_REQUIRED, "issue", None,
            "the issue of the entry: in the entry, its page or its address",
        )  # fmt: skip
    items = history.get("items")
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise BadValue(quarantine.BAD_VALUE, "items", items, "a list of changed fields")
    start = {
        "issue_key": place.issue_key, "issue_id": place.issue_id,
        "history_id": text_of(history.get("id")), "changed_at": changed_at,
    }  # fmt: skip
    rows = [start | {"item": number} | _change(item) for number, item in enumerate(items)]
    return [row | {"_line": place.line} for row in rows or [start | {"item": 0} | _change({})]]


def _change(item: Mapping[str, Any]) -> dict[str, Any]:
    field = text_of(item.get("field"))
    known = {str(name).lower() for name in (field, item.get("fieldId")) if name}
    is_kept = bool(known & _KEPT)
    old, new = (item.get(name) if is_kept else None for name in ("from", "to"))
    old_text, new_text = (
        item.get(name) if is_kept else None for name in ("fromString", "toString")
    )
    return {
        "field": "status" if "status" in known else field,
        "from_id": text_of(old), "from_value": text_of(old_text),
        "to_id": text_of(new), "to_value": text_of(new_text),
    }  # fmt: skip


def page_row(page: Mapping[str, Any], found: int, place: Place) -> dict[str, Any]:
    """What a delivered part of a history says about the whole.

    `found` entries were delivered, from number `first_entry`; `total_entries` is how many the
    issue has, NULL when nothing says it; `has_more`: the part shows that it is not the last one.
    A part of exactly as many entries as the search gives at most is taken to be cut.
    """
    first = _whole(page.get("startAt"))
    total = _whole(page.get("total"))
    size = _whole(page.get("maxResults"))
    is_last = page.get("isLast")
    more = bool(page.get("nextPageToken")) or is_last is False
    if total is None and is_last is None:
        more = more or (size is not None and 0 < size <= found)
    is_full_answer = found == SEARCH_LIMIT and (size is None or size <= SEARCH_LIMIT)
    if is_full_answer and (total is None or total <= found):
        more, total = True, None
    return {
        "issue_key": place.issue_key, "issue_id": place.issue_id, "first_entry": first or 0,
        "entries": found, "total_entries": total, "has_more": more, "_line": place.line,
    }  # fmt: skip


def is_cut(row: Mapping[str, Any]) -> bool:
    """Whether a part alone leaves entries out."""
    total = row["total_entries"]
    return bool(row["has_more"]) if total is None else total > row["entries"]


def histories_of(changelog: Any) -> Sequence[Any]:
    """The entries of an issue's changelog; none when there is no list."""
    if isinstance(changelog, list):
        return changelog
    if not isinstance(changelog, Mapping):
        return []
    for name in ("histories", "values", "changeHistories"):
        if isinstance(found := changelog.get(name), list):
            return found
    return []


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 1 << 31 else None
