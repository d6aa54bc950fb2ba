"""What becomes of the items of a delivery: rows of the raw tables, records set aside, notes?

Every item that is a record is loaded or set aside. An entry of an issue's own history that cannot
be read is set aside as a record of its own; the issue is loaded, its history then counts as cut.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import duckdb

from assets.sources import quarantine
from assets.sources.jira_categories import (
    ISSUE,
    STATUS_LIST,
    category_of_key,
    category_of_status,
)
from assets.sources.jira_history import change_rows, histories_of, is_cut, page_row
from assets.sources.jira_issue import BadValue, issue_row, moment, text_of
from assets.sources.jira_items import (
    COMMENT,
    HISTORY,
    HISTORY_PAGE,
    ISSUE_PAGE,
    NOT_RECORDS,
    SPRINT,
    STATUS,
    UNKNOWN,
    WORKLOG,
    Item,
    Place,
    issue_of,
)
from assets.sources.jira_items import ISSUE as AN_ISSUE
from assets.sources.jira_rows import ONE_ROW, Row, Status, repeated, write_rows, write_statuses
from assets.sources.quarantine import Rejected
from assets.sources.reading import Context, Delivery, Outcome

EXPECTED = "an issue, or an entry of a history, a status, a sprint, a worklog or a comment"
_NAMES = {"status": "statuses", "history": "histories"}
_MOST_NAMED = 20
_MOST_PATHS = 4


class Gathering:
    """Takes items one by one; `write` puts everything into the open transaction."""

    def __init__(self, delivery: Delivery, context: Context, *, form: str) -> None:
        self.delivery, self.context, self.form = delivery, context, form
        self.rejected: list[Rejected] = []
        self.blank = 0
        self.detected: dict[str, Any] = {}
        self._rows: dict[str, list[Row]] = {}
        self._raw: list[tuple[int | None, Any]] = []
        self._statuses: list[Status] = []
        self._kinds: Counter[str] = Counter()
        self._paths: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._cut: list[str] = []
        self._sites: set[str] = set()
        self._search: list[Mapping[str, Any]] = []

    def add(self, item: Item) -> None:
        """Take one item of a document."""
        if item.kind in NOT_RECORDS:
            self._note_page(item)
            return
        if item.kind == UNKNOWN:
            self.reject(item.place.line, quarantine.BAD_VALUE, None, _shape(item.value),
                        EXPECTED, item.value)  # fmt: skip
            return
        try:
            self._take(item)
        except BadValue as bad:
            self.reject(
                item.place.line, bad.reason, bad.column, bad.found, bad.expected, item.value
            )
            return
        self._kinds[item.kind] += 1
        self._paths[item.place.path] += 1

    def reject(
        self,
        line: int | None,
        reason: str,
        column: str | None,
        found: str | None,
        expected: str,
        value: Any,
    ) -> None:
        """Set a record aside."""
        raw = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        self.rejected.append(Rejected(line, reason, column, found, expected, raw))

    def _reject_bad(self, bad: BadValue, line: int | None, value: Any) -> None:
        self.reject(line, bad.reason, bad.column, bad.found, bad.expected, value)

    def write(self, con: duckdb.DuckDBPyConnection) -> Outcome:
        """Load what was taken. Raises `SourceError` when no issue can be read for one reason."""
        self._check_fields()
        self._keep_latest()
        self._add_words()
        for table, rows in self._rows.items():
            kept = [{k: v for k, v in row.items() if k != "_category_agrees"} for row in rows]
            write_rows(con, table, kept, self.delivery, self.context)
        write_statuses(con, self._statuses, self.delivery, self.context)
        loaded = sum(self._kinds.values())
        times = [row[name] for rows in self._rows.values() for row in rows
                 for name in ("created_at", "updated_at", "resolved_at", "changed_at", "entered_at")
                 if row.get(name)]  # fmt: skip
        return Outcome(
            loaded + len(self.rejected) + self.blank, loaded, self.blank, self.rejected, self.form,
            self.detected | self._told(), min(times, default=None), max(times, default=None),
        )  # fmt: skip

    def _take(self, item: Item) -> None:
        if item.kind == AN_ISSUE:
            self._take_issue(item)
        elif item.kind == HISTORY:
            place = issue_of(item.value, item.place)
            self._put("jira_changelog", *change_rows(item.value, place, self.context.zone))
        elif item.kind == STATUS:
            self._take_status(item)
        elif item.kind == SPRINT:
            self._put("jira_sprints", self._sprint(item))
        elif item.kind in (WORKLOG, COMMENT):
            self._put("jira_activity", self._activity(item))

    def _take_issue(self, item: Item) -> None:
        issue = item.value
        row = issue_row(issue, zone=self.context.zone, names=item.place.names,
                        columns=self.context.source.columns)  # fmt: skip
        self._put("jira_issues", row | {"_line": item.place.line})
        self._raw.append((item.place.line, issue))
        if isinstance(url := issue.get("self"), str) and (site := urlsplit(url).hostname):
            self._sites.add(site)
        if not row["_category_agrees"]:
            self._notes["status_categories_that_contradict_themselves"] += 1
        elif row["status_category"]:
            self._statuses.append((row["status_id"], row["status"], ISSUE, row["status_category"]))
        if issue.get("changelog") is not None:
            place = Place(item.place.line, row["issue_key"], row["issue_id"])
            self._take_history(issue["changelog"], place)

    def _take_history(self, changelog: Any, place: Place) -> None:
        histories = histories_of(changelog)
        read = 0
        for history in histories:
            try:
                if not isinstance(history, Mapping):
                    raise BadValue(quarantine.BAD_VALUE, "histories", history, "an entry")
                self._put("jira_changelog", *change_rows(history, place, self.context.zone))
                read += 1
            except BadValue as bad:
                self._reject_bad(bad, place.line, history)
        self._put_page(changelog if isinstance(changelog, Mapping) else {}, read, place,
                       has_bad=read < len(histories))  # fmt: skip

    def _put_page(
        self, page: Mapping[str, Any], found: int, place: Place, *, has_bad: bool = False
    ) -> None:
        row = page_row(page, found, place)
        if has_bad and row["total_entries"] is None:
            row["has_more"] = True
        self._put("jira_changelog_pages", row)
        if is_cut(row):
            self._cut.append(place.issue_key or place.issue_id or "?")

    def _take_status(self, item: Item) -> None:
        name = text_of(item.value.get("name"))
        if name is None:
            raise BadValue(quarantine.MISSING_REQUIRED, "name", None, "the status's name")
        category, agrees = category_of_key(item.value["statusCategory"])
        if not agrees:
            self._notes["status_categories_that_contradict_themselves"] += 1
        if category is None:
            category, _ = category_of_status(name, self.context.source.status_categories)
        if category:
            self._statuses.append((text_of(item.value.get("id")), name, STATUS_LIST, category))

    def _sprint(self, item: Item) -> Row:
        told, zone = item.value, self.context.zone
        return {
            "sprint_id": text_of(told.get("id")), "sprint_name": text_of(told.get("name")),
            "state": text_of(told.get("state")),
            "started_at": moment(told.get("startDate"), "startDate", zone),
            "ends_at": moment(told.get("endDate"), "endDate", zone),
            "completed_at": moment(told.get("completeDate"), "completeDate", zone),
            "board_id": text_of(told.get("originBoardId", told.get("boardId"))),
            "_line": item.place.line,
        }  # fmt: skip

    def _activity(self, item: Item) -> Row:
        told = item.value
        place = issue_of(told, item.place)
        if place.issue_key is None and place.issue_id is None:
            raise BadValue(quarantine.MISSING_REQUIRED, "issue", None, "the issue it belongs to")
        name = "started" if item.kind == WORKLOG else "created"
        seconds = told.get("timeSpentSeconds")
        is_count = isinstance(seconds, int) and not isinstance(seconds, bool)
        return {
            "issue_key": place.issue_key, "issue_id": place.issue_id, "kind": item.kind,
            "entry_id": text_of(told.get("id")),
            "entered_at": moment(told.get(name), name, self.context.zone),
            "seconds": seconds if is_count and abs(seconds) < 1 << 40 else None,
            "_line": place.line,
        }  # fmt: skip

    def _put(self, table: str, *rows: Row) -> None:
        self._rows.setdefault(table, []).extend(rows)

    def _note_page(self, item: Item) -> None:
        if item.kind == ISSUE_PAGE:
            self._search.append(item.value)
        if item.kind == HISTORY_PAGE and (item.place.issue_key or item.place.issue_id):
            self._put_page(item.value, int(item.value.get("found", 0)), item.place)

    def _check_fields(self) -> None:
        """Issues that all lack one field were asked for without it."""
        lacking = {row.column for row in self.rejected if row.reason == quarantine.MISSING_REQUIRED}
        if self._kinds or len(lacking) != 1 or not lacking & {"created", "status"}:
            return
        raise self.context.refuse(
            self.delivery.file,
            line=self.rejected[0].line,
            column=next(iter(lacking)),
            found=f"{len(self.rejected)} issues without it",
            expected="issues with the fields key, status and created",
            remedy="Ask the interface for all fields (`fields=*all`), with `expand=changelog`.",
        )

    def _keep_latest(self) -> None:
        rows = self._rows.get("jira_issues", [])
        given_up = repeated([row["issue_key"] for row in rows],
                            [row["updated_at"] for row in rows])  # fmt: skip
        for place, key in given_up.items():
            line, issue = self._raw[place]
            self.reject(line, quarantine.DUPLICATE_KEY, "issue_key", key, ONE_ROW, issue)
        if given_up:
            self._rows["jira_issues"] = [r for n, r in enumerate(rows) if n not in given_up]
            self._kinds[AN_ISSUE] -= len(given_up)

    def _add_words(self) -> None:
        """Categories that hub.yml or common names give to the statuses that were seen."""
        rows = self._rows.get("jira_issues", [])
        given = self.context.source.status_categories
        names = {row["status"] for row in rows}
        for change in self._rows.get("jira_changelog", []):
            if change["field"] == "status":
                names |= {change["from_value"], change["to_value"]} - {None}
        known = {name: category_of_status(name, given) for name in names}
        self._statuses += [(None, n, origin, cat) for n, (cat, origin) in known.items() if cat]
        sure = {name for _, name, _, _ in self._statuses}
        for row in rows:
            if row["status_category"] is None and row["_category_agrees"]:
                row["status_category"] = known[row["status"]][0]
        if unknown := sorted(names - sure):
            self.detected["statuses_without_category"] = unknown[:50]

    def _told(self) -> dict[str, Any]:
        """What was found, in words for people."""
        told: dict[str, Any] = {
            "found": {_NAMES.get(kind, f"{kind}s"): n for kind, n in sorted(self._kinds.items())}
        }
        if changes := self._rows.get("jira_changelog"):
            told["found"]["changed_fields"] = len(changes)
        if paths := [path for path, _ in self._paths.most_common(_MOST_PATHS) if path]:
            told["found_in"] = paths
        if self._cut:
            told["histories_cut_off"] = {
                "issues": len(self._cut), "such_as": self._cut[:_MOST_NAMED],
                "remedy": "fetch them from /rest/api/…/issue/<key>/changelog and deliver the pages",
            }  # fmt: skip
        if self._search:
            totals = [p["total"] for p in self._search if isinstance(p.get("total"), int)]
            told["search_pages"] = {"pages": len(self._search),
                                    "issues": sum(int(p["found"]) for p in self._search),
                                    "total": max(totals, default=None)}  # fmt: skip
            last = self._search[-1]
            if last.get("isLast") is False or (
                last.get("nextPageToken") and last.get("isLast") is not True
            ):
                told["search_pages"]["goes_on"] = True
        if len(self._sites) > 1:
            told["sites"] = sorted(self._sites)
        return told | dict(self._notes)


def _shape(value: Any) -> str:
    """What stands in the place of an item, without its content."""
    if isinstance(value, Mapping):
        return "an object with " + ", ".join(map(str, list(value)[:8])) if value else "{}"
    return f"a {type(value).__name__}"


def gather(items: Sequence[Item], into: Gathering) -> None:
    """Take all items of a document."""
    for item in items:
        into.add(item)
