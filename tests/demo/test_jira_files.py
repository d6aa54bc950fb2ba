"""Do the issue exports look like those of a real tracker?"""

import csv
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from demo.issues import PEOPLE
from demo.jira_files import stamp
from demo.shop import Shop

STAMP = re.compile(r"\d\d/[A-Z][a-z]{2}/\d\d 1?\d:\d\d [AP]M")


def rows_of(file: Path) -> tuple[list[str], list[list[str]]]:
    with file.open(encoding="utf-8", newline="") as opened:
        header, *rows = csv.reader(opened)
    return header, [row for row in rows if any(row)]


@pytest.fixture(scope="module")
def files(home: Path) -> list[Path]:
    return sorted((home / "exports/jira").glob("*.csv"))


@pytest.fixture(scope="module")
def answers(home: Path) -> list[dict[str, Any]]:
    """The issues of the REST interface, in the order of its pages."""
    pages = sorted((home / "exports/jira").glob("jira-REC-*.json"))
    return [issue for page in pages for issue in json.loads(page.read_text())["issues"]]


def statuses(issue: dict[str, Any]) -> list[tuple[str, str, str]]:
    """When each status was left and for which one, oldest first."""
    return [
        (entry["created"], item["fromString"], item["toString"])
        for entry in reversed(issue["changelog"]["histories"])
        for item in entry["items"]
        if item["field"] == "status"
    ]


def test_a_history_leads_from_to_do_to_the_status_of_today(
    answers: list[dict[str, Any]], truth: dict[str, Any]
) -> None:
    cut = truth["truths"]["issue_histories"]["cut_off"]
    for issue in answers:
        steps = statuses(issue)
        status = issue["fields"]["status"]["name"]
        assert (steps[-1][2] if steps else "To Do") == status
        assert all(before[2] == after[1] for before, after in itertools.pairwise(steps))
        if issue["key"] not in cut:
            assert not steps or steps[0][1] == "To Do"


def test_some_are_done_straight_away_some_twice_and_some_histories_are_cut(
    answers: list[dict[str, Any]], truth: dict[str, Any]
) -> None:
    told = truth["truths"]["issue_histories"]
    by_key = {issue["key"]: issue for issue in answers}
    for key in told["straight_to_done"]:
        assert [step[2] for step in statuses(by_key[key])] == ["Won't Do"]
    again = {key for key, issue in by_key.items() if any(s[1] == "Done" for s in statuses(issue))}
    assert again | set(told["cut_off"]) == set(told["reopened"]) | set(told["cut_off"])
    assert again
    cut = {
        key
        for key, issue in by_key.items()
        if issue["changelog"]["total"] > len(issue["changelog"]["histories"]) == 40
    }
    assert cut == set(told["cut_off"]) != set()


def test_sprints_follow_each_other_and_the_last_one_runs(home: Path) -> None:
    pages = sorted((home / "exports/jira").glob("sprints-REC-*.json"))
    sprints = [sprint for page in pages for sprint in json.loads(page.read_text())["values"]]
    assert {s["state"] for s in sprints[:-1]} == {"closed"}
    assert sprints[-1]["state"] == "active"
    assert all(a["endDate"] < b["startDate"] for a, b in itertools.pairwise(sprints))


def test_columns_are_repeated(files: list[Path]) -> None:
    header, rows = rows_of(files[0])
    assert header.count("Sprint") == 3
    assert header.count("Comment") == 4
    assert header.count("Log Work") == 3
    last_sprint = [i for i, name in enumerate(header) if name == "Sprint"][-1]
    assert any(row[last_sprint] for row in rows)


def test_cells_span_lines_and_rows_of_commas_pad_the_file(files: list[Path]) -> None:
    text = files[0].read_text()
    header, rows = rows_of(files[0])
    assert any("\n" in cell for row in rows for cell in row)
    assert text.splitlines().count("," * (len(header) - 1)) == 3


def test_every_time_has_the_form_of_the_cloud_export(files: list[Path]) -> None:
    header, rows = rows_of(files[0])
    for name in ("Created", "Updated", "Resolved"):
        cells = [row[header.index(name)] for row in rows]
        assert all(STAMP.fullmatch(cell) for cell in cells if cell)


def test_midnight_and_noon_are_twelve(shop: Shop) -> None:
    at = shop.moments.data_ends_at
    assert stamp(at.replace(hour=0, minute=5)) == "30/Sep/26 12:05 AM"
    assert stamp(at.replace(hour=12, minute=5)) == "30/Sep/26 12:05 PM"
    assert stamp(at.replace(hour=13, minute=47)) == "30/Sep/26 1:47 PM"


def test_fix_versions_are_released_versions(
    files: list[Path], answers: list[dict[str, Any]], shop: Shop
) -> None:
    released = set(shop.releases["model"] + " " + shop.releases["version"])
    found = {version["name"] for issue in answers for version in issue["fields"]["fixVersions"]}
    for file in files:
        header, rows = rows_of(file)
        found |= {row[header.index("Fix versions")] for row in rows} - {""}
    assert found <= released
    assert any(version.startswith("recommender 1.") for version in found)


def test_done_issues_alone_are_resolved(files: list[Path]) -> None:
    for file in files:
        header, rows = rows_of(file)
        for row in rows:
            is_done = row[header.index("Status Category")] == "Done"
            assert bool(row[header.index("Resolved")]) == is_done


def test_older_export_holds_earlier_states_of_the_same_issues(files: list[Path]) -> None:
    older, newer = (f for f in files if f.name.startswith("jira-SHOP"))
    header, before = rows_of(older)
    _, after = rows_of(newer)
    key, status = header.index("Issue key"), header.index("Status")
    then = {row[key]: row[status] for row in before}
    now = {row[key]: row[status] for row in after if row[key]}
    assert set(then) < set(now)
    assert any(then[issue] != now[issue] for issue in then)


def test_names_and_mail_addresses_are_there_to_be_protected(files: list[Path]) -> None:
    text = "".join(f.read_text(encoding="utf-8") for f in files)
    assert sum(name in text for name in PEOPLE) >= 8
    assert re.search(r"[a-z.]+@lantern-loom\.example", text)
    assert re.search(r"10\.20\.4\.\d+", text)


def test_bad_deploy_has_an_issue(files: list[Path]) -> None:
    header, rows = rows_of(files[-1])
    (row,) = [row for row in rows if "incident" in row]
    assert row[header.index("Priority")] == "Highest"
    assert row[header.index("Created")] == "18/Mar/26 10:27 AM"
    assert row[header.index("Resolved")] == "18/Mar/26 4:24 PM"
