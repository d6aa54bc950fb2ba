"""Can a person count, see and retry what could not be loaded, from the command line?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assets.sources import create_raw_tables, load_source
from cli.main import app
from hub.config import load_config
from hub.home import HubHome
from hub.warehouse import open_warehouse, write_lock

Command = Callable[..., Result]
HUB = """
company: Corner shop
time_zone: Europe/Berlin
currency: {currency}
sources:
  - {{name: orders, kind: sales, path: "exports/*.csv"}}
"""
ORDERS = (
    "order_id,order_date,sku,quantity,unit_price,currency\n"
    "1,2025-03-01 09:00:00,s1,2,9.50,EUR\n"
    "2,2025-03-01 10:00:00,s1,1,4.00,GBP\n"
    "3,2025-03-01 11:00:00,s2,none,4.00,EUR\n"
)


@pytest.fixture
def home(tmp_path: Path) -> HubHome:
    """A home with one loaded file, of which two records are in quarantine."""
    made = HubHome(tmp_path)
    made.exports.mkdir()
    made.hub_yml.write_text(HUB.format(currency="EUR"))
    (made.exports / "orders.csv").write_text(ORDERS)
    config = load_config(tmp_path)
    with write_lock(made, "test"), open_warehouse(made) as con:
        create_raw_tables(con)
        load_source(con, config.sources[0], home=made, config=config, now=datetime.now(UTC))
    return made


@pytest.fixture
def quarantine(home: HubHome) -> Command:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["quarantine", *arguments, "--home", str(home.root)])

    return run


def _json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_list_counts_by_source_reason_and_file(quarantine: Command) -> None:
    rows = _json(quarantine("list", "--json"))
    assert [(r["source"], r["reason"], r["file"], r["records"], r["first_line"]) for r in rows] == [
        ("orders", "bad_number", "exports/orders.csv", 1, 4),
        ("orders", "unknown_currency", "exports/orders.csv", 1, 3),
    ]
    told = quarantine("list").stdout
    assert "unknown_currency: an amount in a currency without a rate" in told
    assert "2 records." in told


def test_show_prints_a_record_with_its_place_and_text(quarantine: Command) -> None:
    told = quarantine("show", "--reason", "bad_number").stdout
    assert "exports/orders.csv, line 4, column `quantity`: bad_number" in told
    assert "3,2025-03-01 11:00:00,s2,none,4.00,EUR" in told
    assert "GBP" not in told
    (row,) = _json(quarantine("show", "--limit", "1", "--json"))
    assert (row["line"], row["column"], row["found"]) == (3, "currency", "GBP")
    assert _json(quarantine("show", "--file", "exports/none.csv", "--json")) == []


def test_retry_after_a_correction_loads_once_and_says_what_is_next(
    quarantine: Command, home: HubHome
) -> None:
    assert "Nothing of it can be read yet" in quarantine("retry").stdout
    home.hub_yml.write_text(HUB.format(currency="GBP"))
    told = quarantine("retry").stdout
    assert "exports/orders.csv: 1 loaded, 1 still in quarantine" in told
    assert "bellwether run" in told
    assert [row["loaded"] for row in _json(quarantine("retry", "--json"))] == [0]
    assert [row["reason"] for row in _json(quarantine("list", "--json"))] == ["bad_number"]


def test_an_unknown_source_is_told_with_those_there_are(quarantine: Command) -> None:
    for command in ("list", "show", "retry"):
        result = quarantine(command, "--source", "jira")
        assert result.exit_code == 1
        assert "hub.yml has no source `jira`; it has orders." in result.output


def test_before_the_first_load_it_says_what_to_run(tmp_path: Path) -> None:
    HubHome(tmp_path).hub_yml.write_text(HUB.format(currency="EUR"))
    result = CliRunner().invoke(app, ["quarantine", "list", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "nothing has been loaded here yet" in result.output
    assert not HubHome(tmp_path).warehouse.exists()
