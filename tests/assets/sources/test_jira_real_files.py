"""Do real tables of a fetching tool load with exact counts? Needs BELLWETHER_REAL_DATA."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

DATA = Path(os.environ.get("BELLWETHER_REAL_DATA", "/nonexistent")) / "jira"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="BELLWETHER_REAL_DATA names no folder")


def objects(name: str) -> list[dict[str, Any]]:
    frame = pd.read_csv(DATA / f"_raw_jira_api_{name}.csv", dtype=str)
    return [json.loads(text) for text in frame.data]


def test_issues_load_with_every_entry_of_their_histories(hub: Hub) -> None:
    (result,) = hub.load("jira", str(DATA / "_raw_jira_api_issues.csv"))
    issues = objects("issues")
    assert (result.records, result.loaded) == (len(issues), len(issues)) == (33, 33)
    histories = {one["key"]: one["changelog"]["histories"] for one in issues}
    items = [item for entries in histories.values() for entry in entries for item in entry["items"]]
    assert hub.one("SELECT count(*) FROM raw.jira_changelog") == len(items)
    assert dict(hub.rows(
        "SELECT issue_key, count(DISTINCT history_id) FROM raw.jira_changelog GROUP BY 1"
    )) == {key: len(entries) for key, entries in histories.items()}  # fmt: skip
    moves = Counter(item["toString"] for item in items if item["field"] == "status")
    assert dict(hub.rows(
        "SELECT to_value, count(*) FROM raw.jira_changelog WHERE field = 'status' GROUP BY 1"
    )) == moves  # fmt: skip
    comments = sum(one["fields"]["comment"]["total"] for one in issues)
    worklogs = sum(one["fields"]["worklog"]["total"] for one in issues)
    counted = hub.rows("SELECT sum(n_comments), sum(n_worklogs) FROM raw.jira_issues")
    assert counted == [(comments, worklogs)]
    created = min(pd.Timestamp(one["fields"]["created"]) for one in issues)
    assert hub.one("SELECT min(created_at) FROM raw.jira_issues") == created
    odd = [one for one in issues
           if one["fields"]["status"]["statusCategory"]["id"] == 3
           and one["fields"]["status"]["statusCategory"]["key"] != "done"]  # fmt: skip
    assert result.detected["status_categories_that_contradict_themselves"] == len(odd) == 5


def test_entries_delivered_alone_belong_to_their_issues_and_full_pages_are_told(hub: Hub) -> None:
    (result,) = hub.load("jira", str(DATA / "_raw_jira_api_issue_changelogs.csv"))
    entries = objects("issue_changelogs")
    assert (result.loaded, result.quarantined) == (len(entries), 0)
    assert hub.rows("SELECT issue_id, entries, has_more FROM raw.jira_changelog_pages"
                    " ORDER BY 1") == [
        ("13383", 100, True), ("13491", 79, False), ("13954", 100, True),
    ]  # fmt: skip
    texts = [item for entry in entries for item in entry["items"] if item["field"] == "description"]
    assert texts
    assert hub.rows("SELECT DISTINCT to_value FROM raw.jira_changelog"
                    " WHERE field = 'description'") == [(None,)]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "table"),
    [("status", "jira_statuses"), ("sprints", "jira_sprints"), ("worklogs", "jira_activity")],
)
def test_lists_load_whole(hub: Hub, name: str, table: str) -> None:
    (result,) = hub.load("jira", str(DATA / f"_raw_jira_api_{name}.csv"))
    there = objects(name)
    assert (result.records, result.loaded) == (len(there), len(there))
    assert hub.one(f"SELECT count(*) FROM raw.{table}") == len(there)
    if name == "worklogs":
        seconds = sum(one["timeSpentSeconds"] for one in there)
        assert hub.one("SELECT sum(seconds) FROM raw.jira_activity") == seconds
