"""Can a file be taken back from the command line?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assets.sources import create_raw_tables, load_source
from cli.main import app
from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import open_warehouse, write_lock


@pytest.fixture
def home(tmp_path: Path) -> HubHome:
    """A home that loaded one calendar."""
    made = HubHome(tmp_path)
    made.exports.mkdir()
    made.hub_yml.write_text(
        "company: Corner shop\ntime_zone: UTC\ncurrency: EUR\n"
        "sources: [{name: days, kind: calendar, path: 'exports/*.csv'}]\n"
    )
    (made.exports / "days.csv").write_text("day,kind\n2025-03-01,holiday\n")
    config = load_config(tmp_path)
    with write_lock(made, "test"), open_warehouse(made) as con:
        create_raw_tables(con)
        load_source(con, config.sources[0], home=made, config=config, now=datetime.now(UTC))
    return made


def _forget(home: HubHome, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["forget", *arguments, "--home", str(home.root)])


def test_a_file_is_named_as_the_ledger_names_it_or_by_its_path(home: HubHome) -> None:
    told = _forget(home, "exports/days.csv")
    assert told.exit_code == 1
    assert "Take it away first" in told.output
    (home.exports / "days.csv").unlink()
    told = _forget(home, str(home.exports / "days.csv"), "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)[0]["records"] == 1


def test_a_name_that_was_never_loaded_is_told_with_what_is_near(home: HubHome) -> None:
    told = _forget(home, "exports/day.csv")
    assert told.exit_code == 1
    assert "Near names: exports/days.csv." in told.output
