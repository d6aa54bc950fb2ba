"""What do the tests of the SQL project share: a tiny shop and a home without data, both built."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from assets.analysis_tables import create_analysis_tables
from assets.sources.raw_tables import create_raw_tables

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
TINY_SHOP = Path(__file__).with_name("tiny_shop.sql")
VARIABLES = {
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "slos": [{"service": "api", "objective": 0.9, "window_days": 2}],
    "callers": [{"name": "mailer"}],
    "jira_waiting": [{"source": "tracker", "name": "In Review"}],
    "targets": [{"metric": "revenue", "grain": "month", "value": 200}],
    "sources": [{"name": "shop", "kind": "sales"}, {"name": "o'brien", "kind": "jira"}],
}
HOME_METRIC = """
version: 2
metrics:
  - name: units_per_order
    label: Units per order
    type: ratio
    type_params: {numerator: units, denominator: orders}
    config:
      meta:
        {layer: company, unit: units, direction: up, owner: Sales, role: kpi, entity: company,
         segments: [country], source_kinds: [sales]}
  - name: web_share_of_orders
    label: Share of orders from the web
    type: ratio
    type_params:
      numerator: {name: orders, filter: "{{ Entity('channel') }} = 'web'"}
      denominator: orders
    config:
      meta:
        {layer: company, unit: ratio, direction: up, owner: Sales, role: guardrail, entity: company,
         segments: [country], source_kinds: [sales]}
  - name: revenue_so_far
    label: Revenue of the month so far
    type: cumulative
    type_params:
      measure: revenue_gross
      cumulative_type_params: {grain_to_date: month, period_agg: last}
    config:
      meta:
        {layer: company, unit: EUR, direction: up, owner: Sales, role: guardrail, entity: company,
         segments: [], source_kinds: [sales]}
"""


@dataclass(frozen=True)
class Project:
    """The SQL project at work on one warehouse."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt as the hub does, but with the unit tests of the SQL."""
        environment = os.environ | {
            "BELLWETHER_WAREHOUSE": str(self.warehouse),
            "BELLWETHER_HOME_METRICS": str(self.folder / "metrics"),
            "BELLWETHER_DBT_UNIT_TESTS": "true",
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_PROFILES_DIR": str(PROJECT),
        }
        program = Path(sys.executable).with_name("dbt")
        return subprocess.run(
            [str(program), "--no-use-colors", *arguments, "--vars", json.dumps(VARIABLES)],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def create(self, *statements: str) -> None:
        with duckdb.connect(str(self.warehouse)) as con:
            con.execute("set TimeZone = 'UTC'")
            create_raw_tables(con)
            create_analysis_tables(con)
            for statement in statements:
                con.execute(statement)


def build(folder: Path, *statements: str) -> Project:
    """A warehouse with these rows, and every model and test of the project run on it."""
    project = Project(folder)
    (folder / "metrics").mkdir()
    (folder / "metrics" / "units.yml").write_text(HOME_METRIC)
    project.create(*statements)
    done = project.dbt("build")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny shop, built."""
    return build(tmp_path_factory.mktemp("shop"), TINY_SHOP.read_text())


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A home in which nothing was delivered, built."""
    return build(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def con(shop: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the tiny shop."""
    with duckdb.connect(str(shop.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
