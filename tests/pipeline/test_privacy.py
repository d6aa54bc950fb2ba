"""Does anything that leaves the warehouse name a person? What was sown is looked for everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cli.export import export_page
from cli.link import print_link
from cli.metrics import print_metrics
from cli.quarantine import list_quarantine
from cli.query import print_observations
from cli.since import print_since
from cli.status import print_status
from dashboards.offline import page_names
from hub.home import HubHome
from hub.warehouse import open_published
from tests.pipeline.personal_data import NAME, NOWHERE

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("runs")]


def named_in(text: str) -> list[str]:
    """Which of the sown values stand in a text, in any case and with Markdown's escapes."""
    bare = text.replace("\\", "").lower()
    return [value for value in NOWHERE if value.lower() in bare]


def tables(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Name and CSV of every table of a published build."""
    names = con.execute(
        "select table_schema, table_name from information_schema.tables order by all"
    ).fetchall()
    for schema, table in names:
        yield f"{schema}.{table}", con.execute(f'from "{schema}"."{table}"').df().to_csv()


def test_what_was_sown_arrived(built: HubHome) -> None:
    with duckdb.connect(str(built.warehouse), read_only=True) as con:
        held = "\n".join(
            con.execute(f"from raw.{table}").df().to_csv()
            for table in ("sales", "service_logs", "jira_issues", "events", "quarantine")
        )
    assert set(named_in(held)) == set(NOWHERE)


def test_no_table_of_a_published_build_names_a_person(built: HubHome) -> None:
    con = open_published(built)
    found = {name: named_in(text) for name, text in tables(con)}
    con.close()
    assert len(found) > 60
    assert {name: values for name, values in found.items() if values} == {}


def test_no_byte_of_a_published_build_names_a_person(built: HubHome) -> None:
    for file in built.published.iterdir():
        content = file.read_bytes()
        assert [value for value in NOWHERE if value.encode() in content] == []


def test_no_answer_of_a_command_names_a_person(
    built: HubHome, capsys: pytest.CaptureFixture[str]
) -> None:
    home = built.root
    for metric in ("revenue", "requests", "throughput"):
        for style in ("table", "csv", "json"):
            print_observations(
                metric, home=home, grain="month", first=None, last=None, by=None, style=style
            )
    for as_json in (False, True):
        print_metrics(None, home=home, as_json=as_json)
        print_metrics("revenue", home=home, as_json=as_json)
        print_since(None, home=home, as_json=as_json)
        print_status(home, as_json=as_json)
        print_link("search/conversion", "revenue", home=home, as_json=as_json)
        list_quarantine(home, source=None, as_json=as_json)
    told = capsys.readouterr()
    assert re.search(r"revenue", told.out)
    assert "bad_" in told.out
    assert named_in(told.out + told.err) == []


@pytest.mark.parametrize("page", page_names())
def test_no_page_as_a_file_names_a_person(built: HubHome, tmp_path: Path, page: str) -> None:
    file = tmp_path / "page.html"
    assert export_page(page, style="html", out=file, home=built.root, view="") == 0
    text = file.read_text()
    assert len(text) > 10_000
    assert named_in(text) == []


def test_a_hidden_value_would_be_found() -> None:
    assert named_in(f"by **{NAME.upper()}**") == [NAME, "Quastenflosse"]
    assert named_in("2001\\:db8\\:77\\:\\:beef") == ["2001:db8:77::beef"]
