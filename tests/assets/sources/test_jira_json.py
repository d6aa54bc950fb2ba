"""Is every wrapping of the REST interface's JSON read, with what it leaves out said?"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.assets.sources.jira_objects import change, changelog, history, issue, page, status

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

ONE, TWO = issue(1, changelog=changelog(history(1))), issue(2)


def dumped(value: Any, *, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def table(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


WRAPPINGS = {
    "a search page": dumped(page(ONE, TWO)),
    "a page of the newer search": dumped({"issues": [ONE, TWO], "isLast": True}),
    "a list of pages": dumped([page(ONE), page(TWO)], indent=2),
    "a bare list": dumped([ONE, TWO], indent=1),
    "an object a line": dumped(ONE) + "\n\n" + dumped(TWO) + "\n",
    "a page a line": dumped(page(ONE)) + "\r\n" + dumped(page(TWO)),
    "objects one after the other": dumped(ONE, indent=2) + "\n" + dumped(TWO, indent=2),
    "an envelope": dumped({"ok": True, "data": {"result": page(ONE, TWO)}, "notes": ["x"]}),
    "objects in envelopes": dumped([{"issue": ONE}, {"issue": TWO, "event": "updated"}]),
    "text in an envelope": dumped({"body": dumped(page(ONE, TWO)), "code": 200}),
    "a byte order mark": "\ufeff" + dumped(page(ONE, TWO)),
    "a column of a table": table(
        {"id": "1", "params": '{"BoardId": 8}', "data": dumped(ONE)},
        {"id": "2", "params": '{"BoardId": 8}', "data": dumped(TWO)},
    ),
    "pages in a column": table({"url": "https://a.example/search", "body": dumped(page(ONE, TWO))}),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_every_wrapping_gives_the_same_issues(hub: Hub, wrapping: str) -> None:
    hub.write("in/any.txt", WRAPPINGS[wrapping])
    (result,) = hub.load("jira")
    assert (result.loaded, result.quarantined) == (2, 0)
    assert result.detected["found"]["issues"] == 2
    assert hub.rows("SELECT issue_key, status_category FROM raw.jira_issues ORDER BY 1") == [
        ("A-1", "in_progress"), ("A-2", "in_progress"),
    ]  # fmt: skip
    assert hub.rows("SELECT issue_key, issue_id, to_value, changed_at::VARCHAR"
                    " FROM raw.jira_changelog") == [
        ("A-1", "10001", "In Progress", "2025-03-03 09:00:00+00")
    ]  # fmt: skip


def test_one_object_a_file_is_one_issue_a_file(hub: Hub) -> None:
    hub.write("in/A-1.json", dumped(ONE, indent=2))
    hub.write("in/A-2.json", dumped(TWO))
    assert [result.loaded for result in hub.load("jira")] == [1, 1]


def test_fields_become_columns_and_neither_texts_nor_names_are_kept(hub: Hub) -> None:
    hub.write("in/a", dumped(page(ONE, names={"customfield_10016": "Story point estimate"})))
    hub.load("jira")
    found = hub.con.execute("SELECT * FROM raw.jira_issues")
    names = [column[0] for column in found.description or []]
    row = dict(zip(names, found.fetchall()[0], strict=True))
    assert row["created_at"].isoformat() == "2025-03-01T08:15:02.113000+00:00"
    assert (row["issue_type"], row["priority"], row["status_id"]) == ("Story", "High", "10031")
    assert (row["n_comments"], row["n_worklogs"], row["story_points"]) == (3, 1, 5.0)
    lists = [json.loads(row[name]) for name in ("sprints", "fix_versions", "labels", "components")]
    assert lists == [["S 1"], ["1.0", "2.0"], ["search"], ["api"]]
    assert row["assignee"] == "5b10"
    everything = " ".join(map(str, row.values()))
    for text in ("secret words", "Ada L", "ada@x.org", "Bob"):
        assert text not in everything


def test_values_of_texts_and_people_in_a_history_are_not_kept(hub: Hub) -> None:
    entry = history(
        1,
        change("description", "old secret", "new secret", ids=("", "")),
        change("assignee", "Ada L", "Bob", ids=("5b10", "5b11")),
        change("Sprint", "S 1", "S 1, S 2", ids=("3", "3, 4")),
    )
    hub.write("in/a", dumped(issue(changelog=changelog(entry))))
    hub.load("jira")
    assert hub.rows("SELECT item, field, from_value, to_value FROM raw.jira_changelog") == [
        (0, "description", None, None), (1, "assignee", None, None),
        (2, "Sprint", "S 1", "S 1, S 2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "is_cut"),
    [
        ({"startAt": 0, "maxResults": 100, "total": 2}, False),
        ({"startAt": 0, "maxResults": 2, "total": 5}, True),
        ({"total": 3}, True),
        ({"maxResults": 2}, True),
        ({}, False),
    ],
)
def test_a_history_that_was_cut_is_told(hub: Hub, told: dict[str, int], is_cut: bool) -> None:
    log = {**told, "histories": [history(1), history(2)]}
    hub.write("in/a", dumped(page(issue(changelog=log))))
    (result,) = hub.load("jira")
    assert ("histories_cut_off" in result.detected) == is_cut
    assert hub.rows("SELECT entries, total_entries FROM raw.jira_changelog_pages") == [
        (2, told.get("total"))
    ]


def test_as_many_entries_as_the_search_gives_at_most_are_taken_for_cut(hub: Hub) -> None:
    entries = [history(number) for number in range(40)]
    hub.write("in/a", dumped(issue(changelog={"total": 40, "histories": entries})))
    (result,) = hub.load("jira")
    assert result.detected["histories_cut_off"]["such_as"] == ["A-1"]
    assert hub.rows("SELECT total_entries, has_more FROM raw.jira_changelog_pages") == [
        (None, True)
    ]


def test_pages_of_a_history_are_read_alone(hub: Hub) -> None:
    url = "https://alpha.example/rest/api/3/issue/10001/changelog?startAt="
    for first, entries in ((0, [history(1), history(2)]), (2, [history(3)])):
        told = {"self": f"{url}{first}", "startAt": first, "maxResults": 2, "total": 3}
        hub.write(f"in/{first}", dumped({**told, "isLast": first == 2, "values": entries}))
    hub.write("in/bulk", dumped({"issueChangeLogs": [
        {"issueId": "10002", "changeHistories": [history(9) | {"created": 1741000000000}]}
    ]}))  # fmt: skip
    assert [result.loaded for result in hub.load("jira")] == [2, 1, 1]
    assert hub.rows("SELECT issue_id, first_entry, entries, total_entries, has_more"
                    " FROM raw.jira_changelog_pages ORDER BY ALL") == [
        ("10001", 0, 2, 3, True), ("10001", 2, 1, 3, False), ("10002", 0, 1, None, False),
    ]  # fmt: skip
    assert hub.one("SELECT max(changed_at)::VARCHAR FROM raw.jira_changelog WHERE"
                   " issue_id = '10002'") == "2025-03-03 11:06:40+00"  # fmt: skip


def test_entries_in_a_column_belong_to_the_issue_of_their_address(hub: Hub) -> None:
    url = "https://alpha.example/rest/api/3/issue/10001/changelog?maxResults=2&startAt=0"
    rows = [
        {"data": dumped(history(n)), "url": url, "input": '{"issue_id": 10001}'} for n in (1, 2)
    ]
    hub.write("in/a.csv", table(*rows))
    (result,) = hub.load("jira")
    assert (result.records, result.loaded) == (2, 2)
    assert hub.rows("SELECT issue_id, entries, has_more FROM raw.jira_changelog_pages") == [
        ("10001", 2, True)
    ]


def test_an_entry_without_an_issue_is_set_aside(hub: Hub) -> None:
    hub.write("in/a", dumped([history(1)]) + "\n")
    hub.load("jira")
    assert hub.quarantine() == [(1, "missing_required", "issue")]


def test_a_broken_entry_is_set_aside_and_the_history_counts_as_cut(hub: Hub) -> None:
    log = {"histories": [history(1), history(2, at="soon"), "x"]}
    hub.write("in/a", dumped(issue(changelog=log)))
    (result,) = hub.load("jira")
    assert (result.records, result.loaded, result.quarantined) == (3, 1, 2)
    assert result.detected["histories_cut_off"]["issues"] == 1


def test_statuses_sprints_worklogs_and_comments_are_read_alone(hub: Hub) -> None:
    url = "https://alpha.example/rest/api/3/issue/10001/"
    hub.write("in/1", dumped([status("Neu"), status("Gebaut", category="Done")]))
    hub.write("in/2", dumped({"values": [{"id": "9", "name": "X", "statusCategory": "TODO"}]}))
    hub.write("in/3", dumped({"values": [
        {"id": 4, "name": "S 1", "state": "closed", "startDate": "2025-03-01T09:00:00.000Z"}
    ]}))  # fmt: skip
    hub.write("in/4", dumped({"worklogs": [
        {"id": "1", "issueId": "10001", "started": "2025-03-01T09:00:00.000+0000",
         "timeSpentSeconds": 3600, "comment": "secret words", "author": {"displayName": "Ada L"}}
    ]}))  # fmt: skip
    hub.write("in/5", dumped({"comments": [
        {"id": "2", "self": url + "comment/2", "body": "secret words",
         "created": "2025-03-01T09:00:00.000+0000", "author": {"displayName": "Ada L"}}
    ]}))  # fmt: skip
    assert [result.loaded for result in hub.load("jira")] == [2, 1, 1, 1, 1]
    assert hub.rows("SELECT status_name, category, origin FROM raw.jira_statuses ORDER BY 1") == [
        ("Gebaut", "done", "status_list"), ("Neu", "to_do", "status_list"),
        ("X", "to_do", "status_list"),
    ]  # fmt: skip
    assert hub.rows("SELECT sprint_name, state FROM raw.jira_sprints") == [("S 1", "closed")]
    assert hub.rows("SELECT issue_id, kind, seconds FROM raw.jira_activity ORDER BY kind") == [
        ("10001", "comment", None), ("10001", "worklog", 3600),
    ]  # fmt: skip


def test_an_old_sprint_is_read_from_its_text(hub: Hub) -> None:
    text = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=3,state=CLOSED,name=S 7,goal=]"
    hub.write("in/a", dumped(issue(fields={"customfield_10020": [text]})))
    hub.load("jira")
    assert hub.rows("SELECT sprints, sprint_ids FROM raw.jira_issues") == [('["S 7"]', '["3"]')]


@pytest.mark.parametrize(
    ("told", "names", "ids"),
    [
        # two boards call their sprints alike
        ([{"id": 1, "name": "Sprint 1", "state": "closed"},
          {"id": 7, "name": "Sprint 1", "state": "active"}], ["Sprint 1"], ["1", "7"]),
        ([{"id": "4", "name": "S 4"}], ["S 4"], ["4"]),
        (["S 1", "S 2"], ["S 1", "S 2"], None),
        # what is known of one by its name alone is known of none by its id
        ([{"id": 1, "name": "S 1", "state": "closed"}, {"name": "S 2", "state": "active"}],
         ["S 1", "S 2"], None),
        (None, [], []),
    ],
)  # fmt: skip
def test_sprints_are_kept_by_their_ids_where_all_have_one(
    hub: Hub, told: object, names: list[str], ids: list[str] | None
) -> None:
    hub.write("in/a", dumped(page(issue(fields={"customfield_10020": told}),
                                  names={"customfield_10020": "Sprint"})))  # fmt: skip
    hub.load("jira")
    ((found, numbers),) = hub.rows("SELECT sprints, sprint_ids FROM raw.jira_issues")
    assert json.loads(found) == names
    assert (json.loads(numbers) if numbers else None) == ids


def test_a_search_that_goes_on_is_told(hub: Hub) -> None:
    hub.write("in/a", dumped(page(ONE, total=120, nextPageToken="abc", isLast=False)))
    (result,) = hub.load("jira")
    assert result.detected["search_pages"] == {
        "pages": 1, "issues": 1, "total": 120, "goes_on": True,
    }  # fmt: skip


def test_a_category_that_contradicts_itself_is_left_open(hub: Hub) -> None:
    odd = status("Gebaut", id="77") | {"statusCategory": {"id": 3, "key": "new"}}
    hub.write("in/a", dumped(issue(fields={"status": odd})))
    (result,) = hub.load("jira")
    assert result.detected["status_categories_that_contradict_themselves"] == 1
    assert hub.one("SELECT status_category FROM raw.jira_issues") is None


def test_what_is_no_issue_among_issues_is_set_aside(hub: Hub) -> None:
    hub.write("in/a", dumped({"issues": [ONE, {"x": 1}, 7, issue(3, fields={"created": "x"})]}))
    (result,) = hub.load("jira")
    assert (result.records, result.loaded, result.quarantined) == (4, 1, 3)
    assert {row[1:] for row in hub.quarantine()} == {
        ("bad_value", None), ("bad_timestamp", "created"),
    }  # fmt: skip


def test_of_an_issue_twice_the_one_updated_last_is_loaded(hub: Hub) -> None:
    later = issue(1, fields={"updated": "2025-04-01T00:00:00.000+0000", "summary": "later"})
    hub.write("in/a", dumped([later, ONE]))
    (result,) = hub.load("jira")
    assert (result.loaded, result.quarantined) == (1, 1)
    assert hub.one("SELECT summary FROM raw.jira_issues") == "later"


def test_a_broken_line_is_set_aside_and_a_cut_page_refused(hub: Hub) -> None:
    hub.write("in/lines", dumped(ONE) + "\n" + dumped(TWO)[:90] + "\n" + dumped(TWO) + "\n")
    (result,) = hub.load("jira", "in/lines")
    assert (result.records, result.loaded) == (3, 2)
    assert hub.quarantine() == [(2, "malformed_json", None)]
    hub.write("in/page", dumped(page(ONE, TWO), indent=2)[:400])
    problem = hub.refusal("jira", "in/page").problem
    assert problem.line is not None
    assert "end" in problem.remedy


@pytest.mark.parametrize("field", ["created", "status"])
def test_issues_asked_for_without_a_needed_field_are_refused(hub: Hub, field: str) -> None:
    bare = [issue(number, fields={field: None}) for number in (1, 2)]
    hub.write("in/a", dumped(page(*bare)))
    problem = hub.refusal("jira").problem
    assert problem.column == field
    assert "fields=*all" in problem.remedy


@pytest.mark.parametrize("text", ['{"issues": [], "total": 0}', "[]", "[[], []]"])
def test_an_empty_answer_holds_no_record(hub: Hub, text: str) -> None:
    hub.write("in/a", text)
    (result,) = hub.load("jira")
    assert result.loaded == 0
    assert result.quarantined == (text == "[[], []]") * 2


def test_json_of_something_else_is_set_aside(hub: Hub) -> None:
    hub.write("in/a", '{"errorMessages": ["no permission"], "errors": {}}')
    (result,) = hub.load("jira")
    assert (result.records, result.loaded) == (1, 0)
    assert hub.one("SELECT found FROM raw.quarantine") == ("an object with errorMessages, errors")


def test_a_check_names_the_form_and_what_was_cut(hub: Hub) -> None:
    hub.write("in/export.csv", dumped(page(issue(changelog=changelog(history(1), total=9)))))
    check = hub.check("jira")
    assert check.is_readable
    assert check.format == "jira_json"
    assert check.detected["found_in"] == ["issues[]"]
    assert check.detected["histories_cut_off"]["issues"] == 1
