"""What of a CSV export is repaired, set aside or refused, and in which words?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

HEADER = "Summary,Issue key,Status,Created,Updated,Resolved\n"


@pytest.mark.parametrize(
    ("header", "column", "word"),
    [
        ("Issue key,Status", "Created", "Erstellt"),
        ("Issue key,Created", "Status", "Estado"),
        ("Status,Created,Summary", "Issue key", "Vorgangsschlüssel"),
    ],
)
def test_an_export_without_a_needed_column_says_which_and_what_to_do(
    hub: Hub, header: str, column: str, word: str
) -> None:
    hub.write("in/j.csv", f"{header}\n{'x,' * header.count(',')}x\n")
    problem = hub.refusal("jira").problem
    assert (problem.column, problem.line) == (column, 1)
    assert word in problem.expected
    assert "all fields" in problem.remedy
    assert header.split(",")[0] in problem.found


def test_every_repeated_column_counts(hub: Hub) -> None:
    titles = ["Issue key", "Status", "Created", *["Log Work"] * 216, *["Comment"] * 75]
    cells = ["A-1", "Open", "2025-03-01", *["x"] * 200, *[""] * 16, *["y"] * 74, ""]
    hub.write("in/j.csv", ",".join(titles) + "\n" + ",".join(cells) + "\n")
    (result,) = hub.load("jira")
    assert hub.rows("SELECT n_worklogs, n_comments, _extra FROM raw.jira_issues") == [
        (200, 74, None)
    ]
    assert result.detected["columns"]["n_worklogs"] == "Log Work ×216"


def test_without_a_column_of_comments_their_number_is_unknown(hub: Hub) -> None:
    hub.write("in/j.csv", "Issue key,Status,Created\nA-1,Open,2025-03-01\n")
    hub.load("jira")
    assert hub.one("SELECT n_comments FROM raw.jira_issues") is None


def test_a_requoted_line_is_repaired_and_told(hub: Hub) -> None:
    hub.write(
        "in/j.csv",
        HEADER + "x,A-1,Open,2025-03-01,,\n"
        '"""y, z"",A-2,Open,2025-03-02,,"\n"""open,A-3"\nx,A-4,Open,2025-03-01,,\n',
    )
    (result,) = hub.load("jira")
    assert (result.loaded, result.quarantined) == (3, 1)
    assert hub.one("SELECT summary FROM raw.jira_issues WHERE issue_key = 'A-2'") == "y, z"
    assert result.detected["requoted_lines"] == {"repaired": 1, "first": 3}
    assert hub.quarantine() == [(4, "wrong_column_count", None)]


def test_a_column_that_leaves_the_order_open_is_read_as_one_that_shows_it(hub: Hub) -> None:
    hub.write(
        "in/j.csv",
        HEADER + "x,A-1,Done,16/02/2017 15:26,17/02/2017 15:26,05/03/2017 10:00\n",
    )
    (result,) = hub.load("jira")
    assert hub.one("SELECT resolved_at::DATE::VARCHAR FROM raw.jira_issues") == "2017-03-05"
    assert result.detected["dates"] == dict.fromkeys(
        ("created_at", "updated_at", "resolved_at"), "dmy"
    )


def test_columns_of_different_order_are_refused(hub: Hub) -> None:
    hub.write("in/j.csv", HEADER + "x,A-1,Done,16/02/2017,02/17/2017,\n")
    problem = hub.refusal("jira").problem
    assert "`Created` reads dmy" in problem.found
    assert "`Updated` reads mdy" in problem.found


def test_an_open_order_shows_both_readings(hub: Hub) -> None:
    hub.write("in/j.csv", HEADER + "x,A-1,Done,03/04/2025,,\n")
    problem = hub.refusal("jira").problem
    assert "dmy: '03/04/2025' is 2025-04-03" in problem.found
    assert "mdy: '03/04/2025' is 2025-03-04" in problem.found
    assert "date_order" in problem.remedy


def test_swapped_days_show_in_issues_changed_before_they_were_created(hub: Hub) -> None:
    rows = [
        "x,A-1,Done,16/02/2025,20/02/2025,\n",
        "x,A-2,Done,05/03/2025,03/06/2025,\n",
        "x,A-3,Done,25/03/2025,04/02/2025,\n",  # 2 April, day and month swapped
        "x,A-4,Done,28/03/2025,04/03/2025,\n",  # 3 April, likewise
    ]
    hub.write("in/j.csv", HEADER + "".join(rows))
    problem = hub.refusal("jira").problem
    assert "changed before they were created, such as A-3" in problem.found
    assert problem.line == 4


def test_one_issue_changed_before_it_was_created_is_set_aside(hub: Hub) -> None:
    hub.write("in/j.csv", HEADER + "x,A-1,Done,2025-03-10,2025-03-01,\nx,A-2,Open,2025-03-01,,\n")
    hub.load("jira")
    assert hub.quarantine() == [(2, "bad_timestamp", "updated_at")]


def test_times_are_local_to_the_source(hub: Hub) -> None:
    hub.write("in/j.csv", HEADER + "x,A-1,Open,11/abr/26 9:00,,\n")
    hub.load("jira", time_zone="America/New_York")
    assert hub.one("SELECT created_at::VARCHAR FROM raw.jira_issues") == "2026-04-11 13:00:00+00"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"PK\x03\x04xxxx", "spreadsheet"),
        (b"\n<!DOCTYPE html><html><body>Log in</body></html>", "HTML"),
        (b"<html xmlns:o='urn:schemas-microsoft-com'><table></table></html>", "HTML"),
    ],
)
def test_other_exports_are_refused_by_name(hub: Hub, data: bytes, found: str) -> None:
    hub.write("in/j.csv", data)
    problem = hub.refusal("jira").problem
    assert found in problem.found
    assert "CSV" in problem.remedy


def test_another_language_is_mapped_also_for_repeated_columns(hub: Hub) -> None:
    hub.write("in/j.csv", "Avain;Tila;Luotu;Pyrähdys;Pyrähdys\nA-1;Valmis;12/maalis/26;1;2\n")
    columns = {"issue_key": "Avain", "status": "Tila", "created_at": "Luotu", "sprints": "Pyrähdys"}
    hub.load("jira", columns=columns, status_categories={"valmis": "done"})
    assert hub.rows(
        "SELECT status_category, created_at::VARCHAR, sprints FROM raw.jira_issues"
    ) == [("done", "2026-03-11 23:00:00+00", '["1", "2"]')]
    hub.write("in/k.csv", "Avain;Tila;Luotu\nA-2;Valmis;12/maalis/26\n")
    assert hub.refusal("jira", "in/k.csv", columns=columns).problem.column == "Pyrähdys"


def test_a_key_in_an_unknown_language_is_known_by_its_values(hub: Hub) -> None:
    rows = [f"text,AB-{n},{'AB-9' if n == 3 else ''},Open,2025-03-0{n}\n" for n in (1, 2, 3)]
    hub.write("in/j.csv", "Yhteenveto,Avain,Parent,Status,Created\n" + "".join(rows))
    (result,) = hub.load("jira")
    assert result.detected["columns"]["issue_key"] == "Avain"
    assert "values" in result.detected["issue_key_known_by"]
    hub.write("in/two.csv", "A,B,Status,Created\n" + "".join(
        f"AB-{n},CD-{n},Open,2025-03-01\n" for n in (1, 2, 3)))  # fmt: skip
    assert hub.refusal("jira", "in/two.csv").problem.column == "Issue key"
