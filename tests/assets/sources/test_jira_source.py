"""Is a Jira export read with all its repeated columns, dates and many-line cells?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

HEADER = (
    "Summary,Issue key,Issue id,Issue Type,Status,Project key,Priority,Resolution,Assignee,"
    "Created,Updated,Resolved,Fix versions,Fix versions,Labels,Labels,Sprint,Sprint,Sprint,"
    "Custom field (Story Points),Comment,Comment,Log Work,Environment,Environment\n"
)
ROW = (
    '"Search, faster",SHOP-1,10001,Story,In Review,SHOP,High,,Ada,12/Mar/26 9:41 AM,'
    "13/Mar/26 12:05 AM,,1.0,2.0,search,,S 1,S 2,,3.0,"
    '"13/Mar/26;ada;line one\nline ""two""",,"13/Mar/26;ada;3600",prod,test\n'
)


def test_an_export_of_the_cloud_keeps_every_column(hub: Hub) -> None:
    hub.write("in/j.csv", b"\xef\xbb\xbf" + (HEADER + ROW).encode())
    (result,) = hub.load("jira", status_categories={"in review": "in_progress"})
    assert (result.records, result.loaded) == (1, 1)
    found = hub.con.execute("SELECT * FROM raw.jira_issues")
    names = [column[0] for column in found.description or []]
    row = dict(zip(names, found.fetchall()[0], strict=True))
    assert row["issue_key"] == "SHOP-1"
    assert row["project"] == "SHOP"
    assert row["summary"] == "Search, faster"
    assert row["status_category"] == "in_progress"
    assert row["story_points"] == 3.0
    assert json.loads(row["sprints"]) == ["S 1", "S 2"]
    assert row["sprint_ids"] is None, "an export of the user interface names sprints"
    assert json.loads(row["fix_versions"]) == ["1.0", "2.0"]
    assert json.loads(row["labels"]) == ["search"]
    assert json.loads(row["components"]) == []
    assert (row["n_comments"], row["n_worklogs"]) == (1, 1)
    assert json.loads(row["_extra"]) == {"Environment": ["prod", "test"]}


def test_times_are_local_to_the_hub(hub: Hub) -> None:
    hub.write("in/j.csv", HEADER + ROW)
    hub.load("jira")
    assert hub.rows(
        "SELECT created_at::VARCHAR, updated_at::VARCHAR, resolved_at FROM raw.jira_issues"
    ) == [("2026-03-12 08:41:00+00", "2026-03-12 23:05:00+00", None)]


@pytest.mark.parametrize(
    ("created", "utc"),
    [
        ("16/02/2017 15:26", "2017-02-16 14:26:00+00"),
        ("2017-02-16 15:26", "2017-02-16 14:26:00+00"),
        ("2017-02-16T15:26:00.000+0000", "2017-02-16 15:26:00+00"),
        ("02/16/2017 3:26 PM", "2017-02-16 14:26:00+00"),
    ],
)
def test_the_order_of_day_and_month_is_decided_by_the_column(
    hub: Hub, created: str, utc: str
) -> None:
    hub.write("in/j.csv", f"Issue key,Status,Created\nA-1,Done,{created}\n")
    hub.load("jira")
    assert hub.one("SELECT created_at::VARCHAR FROM raw.jira_issues") == utc


def test_an_open_order_is_refused_unless_the_configuration_says_it(hub: Hub) -> None:
    hub.write("in/j.csv", "Issue key,Status,Created\nA-1,Done,03/04/2025 10:00\n")
    assert "date_order" in hub.refusal("jira").problem.remedy
    hub.load("jira", date_order="mdy")
    assert hub.one("SELECT created_at::DATE::VARCHAR FROM raw.jira_issues") == "2025-03-04"


def test_categories_come_from_the_export_then_the_configuration_then_common_names(
    hub: Hub,
) -> None:
    hub.write(
        "in/j.csv",
        "Issue key,Status,Status Category,Created\n"
        "A-1,Shipped,Done,2025-03-01\nA-2,Shipped,,2025-03-01\n"
        "A-3,in progress,,2025-03-01\nA-4,Limbo,,2025-03-01\n",
    )
    (result,) = hub.load("jira", status_categories={"Shipped": "done"})
    assert hub.rows("SELECT status_category FROM raw.jira_issues ORDER BY issue_key") == [
        ("done",), ("done",), ("in_progress",), (None,),
    ]  # fmt: skip
    assert result.detected["statuses_without_category"] == ["Limbo"]


def test_headers_of_another_language_are_mapped(hub: Hub) -> None:
    hub.write(
        "in/j.csv",
        "Clave de incidencia;Estado;Creada;Sprint\nA-1;Listo;2025-03-01;uno\n",
    )
    columns = {"issue_key": "Clave de incidencia", "status": "Estado", "created_at": "Creada"}
    hub.load("jira", columns=columns, status_categories={"Listo": "done"})
    assert hub.rows("SELECT issue_key, status_category, project FROM raw.jira_issues") == [
        ("A-1", "done", "A")
    ]


def test_of_an_issue_twice_in_a_file_the_one_updated_last_is_loaded(hub: Hub) -> None:
    hub.write(
        "in/j.csv",
        "Issue key,Status,Created,Updated\n"
        "A-1,Open,2025-03-01,2025-03-01\nA-1,Done,2025-03-01,2025-03-09\n"
        "A-1,In Progress,2025-03-01,2025-03-05\n",
    )
    (result,) = hub.load("jira")
    assert (result.loaded, result.quarantined) == (1, 2)
    assert hub.one("SELECT status FROM raw.jira_issues") == "Done"
    assert {row[1] for row in hub.quarantine()} == {"duplicate_key"}


def test_a_later_export_of_the_same_name_is_one_more_delivery(hub: Hub) -> None:
    for status in ("Open", "Done"):
        hub.write("in/j.csv", f"Issue key,Status,Created\nA-1,{status},2025-03-01\n")
        hub.load("jira")
    assert hub.one("SELECT count(*) FROM raw.jira_issues") == 2
    assert hub.one("SELECT count(*) FROM raw.loads WHERE status = 'loaded'") == 2


def test_rows_of_delimiters_only_are_blank(hub: Hub) -> None:
    hub.write("in/j.csv", "Issue key,Status,Created\nA-1,Open,2025-03-01\n,,\n,,\n")
    (result,) = hub.load("jira")
    assert (result.records, result.loaded, result.blank) == (3, 1, 2)
