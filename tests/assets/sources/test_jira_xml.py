"""Is the XML export read like the others, and nothing beyond data taken from it?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

ITEM = """
<item><title>[A-1] Search &amp; find</title>
<project id="7" key="A">Alpha</project><description>secret words</description>
<key id="10001">A-1</key><summary>Search &amp; find</summary>
<type id="1">Incident</type><priority id="2">High</priority>
<status id="5" description="">Behoben</status>
<statusCategory id="3" key="done" colorName="green"/>
<resolution id="-1">Unresolved</resolution>
<assignee username="-1">Unassigned</assignee><reporter accountid="5b11">Bob</reporter>
<labels><label>search</label><label>web</label></labels>
<created>Thu, 6 Mar 2025 09:15:02 +0100</created>
<updated>vie., 7 mar 2025 09:15:02 +0100</updated>
<fixVersion>1.0</fixVersion><fixVersion>2.0</fixVersion><component>api</component>
<comments><comment id="1" author="ada">secret words</comment><comment id="2">x</comment></comments>
<customfields>
<customfield id="customfield_10020"><customfieldname>Sprint</customfieldname>
<customfieldvalues><customfieldvalue id="3">S 1</customfieldvalue>
<customfieldvalue id="4">S 2</customfieldvalue></customfieldvalues></customfield>
<customfield id="customfield_10016"><customfieldname>Story Points</customfieldname>
<customfieldvalues><customfieldvalue>5.0</customfieldvalue></customfieldvalues></customfield>
</customfields></item>
"""
RSS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="0.92"><channel><title>x</title>'
    '<issue start="0" end="1" total="9"/>{items}</channel></rss>\n'
)


def test_an_item_is_an_issue(hub: Hub) -> None:
    hub.write("in/a.xml", RSS.format(items=ITEM))
    (result,) = hub.load("jira")
    assert (result.records, result.loaded) == (1, 1)
    assert result.detected["search_pages"]["total"] == 9
    (row,) = hub.rows(
        "SELECT issue_key, issue_id, project, issue_type, summary, status, status_category,"
        " resolution, assignee, reporter, created_at::VARCHAR, updated_at::VARCHAR, resolved_at,"
        " story_points, n_comments, n_worklogs FROM raw.jira_issues"
    )
    assert row[:7] == (
        "A-1", "10001", "A", "Incident", "Search & find", "Behoben", "done",
    )  # fmt: skip
    assert row[7:10] == (None, None, "5b11")
    assert row[10:] == (
        "2025-03-06 08:15:02+00", "2025-03-07 08:15:02+00", None, 5.0, 2, None,
    )  # fmt: skip
    lists = hub.rows(
        "SELECT sprints, sprint_ids, fix_versions, labels, components FROM raw.jira_issues"
    )[0]
    assert [json.loads(text) for text in lists] == [
        ["S 1", "S 2"], ["3", "4"], ["1.0", "2.0"], ["search", "web"], ["api"],
    ]  # fmt: skip
    assert "secret words" not in str(hub.rows("SELECT * FROM raw.jira_issues"))


def test_an_item_without_a_key_is_set_aside(hub: Hub) -> None:
    hub.write("in/a.xml", RSS.format(items=ITEM + "<item><title>x</title></item>"))
    (result,) = hub.load("jira")
    assert (result.records, result.loaded, result.quarantined) == (2, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        RSS.format(items=ITEM)[:500],
        "<feed><entry/></feed>",
        '<!DOCTYPE x [<!ENTITY a "b">]>' + RSS.format(items=ITEM).split("\n", 1)[1],
        RSS.format(items=ITEM.replace("Search", "Search \x0b")),
    ],
)
def test_what_is_no_whole_plain_export_is_refused(hub: Hub, text: str) -> None:
    hub.write("in/a.xml", text)
    problem = hub.refusal("jira").problem
    assert problem.expected
    assert problem.remedy
    assert hub.one("SELECT count(*) FROM raw.jira_issues") == 0
