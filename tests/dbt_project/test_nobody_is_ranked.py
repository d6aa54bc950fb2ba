"""Does anything about how a team works lead to a person?"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.xdist_group("dbt_project")

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
ABOUT_WORK = sorted([*MODELS.glob("team/*.sql"), *MODELS.glob("marts/mart_delivery_*.sql")])
PERSON = re.compile(
    r"assignee|reporter|author|creator|owner|engineer|developer|display_?name|email|account_?id"
    r"|login|user_?name|people|person",
    re.IGNORECASE,
)


@pytest.mark.parametrize("model", ABOUT_WORK, ids=lambda model: model.stem)
def test_no_model_of_work_names_a_person(model: Path) -> None:
    code = re.sub(r"--.*", "", model.read_text())
    assert not PERSON.findall(code)


def test_no_built_table_of_work_has_a_column_of_a_person(con: duckdb.DuckDBPyConnection) -> None:
    columns = con.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'team' or table_name like 'mart_delivery%'"
    ).fetchall()
    assert len({table for table, _ in columns}) >= len(ABOUT_WORK)
    assert not [column for column in columns if PERSON.search(column[1])]


def test_issues_lose_their_people_in_staging(con: duckdb.DuckDBPyConnection) -> None:
    raw, staged = (
        {
            column
            for (column,) in con.execute(
                "select column_name from information_schema.columns where table_name = ?", [table]
            ).fetchall()
        }
        for table in ("jira_issues", "stg_jira_issues")
    )
    assert {column for column in raw if PERSON.search(column)} == {"assignee", "reporter"}
    assert not {column for column in staged if PERSON.search(column)}
