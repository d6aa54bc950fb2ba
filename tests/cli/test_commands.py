"""The command: help at once, clear errors, and what it prints of a built shop."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hub.config import load_config
from tests.pipeline.shop_builds import bellwether, bellwether_here

COMMANDS = (
    "demo", "init", "check", "run", "up", "query", "link", "status", "quarantine", "forget",
)  # fmt: skip
HEAVY = ("dagster", "dbt", "duckdb", "metricflow", "numpy", "pandas", "scipy", "streamlit")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    told = bellwether_here(command, "--help")
    assert told.code == 0
    assert "Usage: bellwether" in told.out


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, cli.main; print(sorted({n.split('.')[0] for n in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.replace("'", '"')))
    assert loaded.isdisjoint(HEAVY)


def test_init_writes_a_home_that_can_be_configured(tmp_path: Path) -> None:
    home = tmp_path / "hub"
    assert bellwether("init", str(home)).code == 0
    assert load_config(home).sources
    again = bellwether("init", str(home))
    assert again.code == 1
    assert "exists already" in again.err


def test_check_of_an_empty_home_names_the_missing_files_and_fails(tmp_path: Path) -> None:
    bellwether_here("init", str(tmp_path / "hub"))
    told = bellwether_here("check", "--home", str(tmp_path / "hub"))
    assert told.code == 1
    assert "exports/sales/*.csv" in told.out
    assert "CANNOT BE READ" in told.out


def test_a_missing_home_is_one_clear_line(tmp_path: Path) -> None:
    told = bellwether("status", "--home", str(tmp_path))
    assert told.code == 1
    assert told.err.startswith("error: ")
    assert "bellwether init" in told.err
    assert "Traceback" not in told.err


def test_reading_before_the_first_build_says_what_to_run(tmp_path: Path) -> None:
    bellwether_here("init", str(tmp_path / "hub"))
    told = bellwether_here("query", "revenue", "--home", str(tmp_path / "hub"))
    assert told.code == 1
    assert "bellwether run" in told.err


def test_check_shows_the_first_problem_with_file_line_and_column(tmp_path: Path) -> None:
    home = tmp_path / "hub"
    bellwether_here("init", str(home))
    (home / "exports" / "sales" / "a.csv").write_text(
        "order_id,order_date,customer_id,product_id,quantity,unit_price\n"
        "1,03/04/2026,c,p,1,9.5\n2,05/06/2026,c,p,1,9.5\n"
    )
    told = bellwether_here("check", "--home", str(home))
    assert told.code == 1
    assert "exports/sales/a.csv" in told.out
    assert "order_date" in told.out
    assert "date_format" in told.out


@pytest.mark.pipeline
class TestOnABuiltShop:
    """What the reading commands print; shop is the built demo shop of the pipeline tests."""

    def test_query_as_csv_json_and_table_agree(self, shop_home: str) -> None:
        asked = (
            "query",
            "revenue",
            "--grain",
            "month",
            "--from",
            "2026-01-01",
            "--home",
            shop_home,
        )
        rows = list(csv.DictReader(io.StringIO(bellwether_here(*asked, "--format", "csv").out)))
        told = bellwether_here(*asked, "--format", "json").json
        table = bellwether_here(*asked).out
        assert [r["period_start"] for r in rows] == [r["period_start"] for r in told]
        assert [float(r["metric_value"]) for r in rows] == [r["metric_value"] for r in told]
        assert rows[0]["period_start"] == "2026-01-01"
        assert "2026-01-01" in table

    def test_query_by_segment_adds_up(self, shop_home: str) -> None:
        asked = ("query", "revenue", "--grain", "month", "--format", "json", "--home", shop_home)
        total = {r["period_start"]: r["metric_value"] for r in bellwether_here(*asked).json}
        parts: dict[str, float] = dict.fromkeys(total, 0.0)
        for row in bellwether_here(*asked, "--by", "country").json:
            parts[row["period_start"]] += row["metric_value"]
        assert parts == pytest.approx(total)

    def test_an_unknown_metric_is_told_with_what_is_near(self, shop_home: str) -> None:
        told = bellwether_here("query", "revenu", "--home", shop_home)
        assert told.code == 1
        assert "did you mean revenue" in told.err

    def test_a_segment_that_is_not_stored_is_refused(self, shop_home: str) -> None:
        told = bellwether_here("query", "revenue", "--by", "planet", "--home", shop_home)
        assert told.code == 1
        assert "country" in told.err

    def test_a_wrong_day_is_refused(self, shop_home: str) -> None:
        told = bellwether_here("query", "revenue", "--from", "1.2.2026", "--home", shop_home)
        assert told.code == 1
        assert "YYYY-MM-DD" in told.err

    def test_link_prints_the_card(self, shop_home: str) -> None:
        told = bellwether_here("link", "recommender/ndcg_at_10", "revenue", "--home", shop_home)
        assert told.code == 0
        for word in ("verdict", "moves", "money a month", "smallest detectable effect", "lag"):
            assert word in told.out

    def test_an_unknown_pair_is_told_with_what_there_is(self, shop_home: str) -> None:
        told = bellwether_here("link", "recommender/ndcg", "revenue", "--home", shop_home)
        assert told.code == 1
        assert "recommender/ndcg_at_10" in told.err


def test_a_run_without_any_file_fails_and_builds_nothing(tmp_path: Path) -> None:
    bellwether_here("init", str(tmp_path / "hub"))
    told = bellwether_here("run", "--home", str(tmp_path / "hub"))
    assert told.code == 1
    assert "none of the sources" in told.err
    assert not (tmp_path / "hub" / "var" / "published" / "current.json").exists()
