"""What do the tests of the SQL project share: a tiny shop and a home without data, both built."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from assets.analysis_tables import create_analysis_tables
from assets.sources.raw_tables import create_raw_tables
from tests.dbt_project.growing_lines import FIRST, Facts, build_facts

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
PARSED = "partial_parse.msgpack"
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
    """The SQL project at work on one warehouse.

    While dbt works the warehouse lies in the workshop, beside the home's metrics: with the same
    paths for all warehouses, dbt parses the project once and goes on from there.
    """

    folder: Path
    workshop: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt as the hub does, but with the unit tests of the SQL."""
        at_work, parsed = self.workshop / "warehouse.duckdb", self.workshop / PARSED
        self.target.mkdir(exist_ok=True)
        if parsed.exists() and not (self.target / PARSED).exists():
            shutil.copy(parsed, self.target)
        self.warehouse.rename(at_work)
        try:
            return self._dbt(at_work, *arguments)
        finally:
            at_work.rename(self.warehouse)
            if not parsed.exists():
                shutil.copy(self.target / PARSED, parsed)

    def _dbt(self, warehouse: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "BELLWETHER_WAREHOUSE": str(warehouse),
            "BELLWETHER_HOME_METRICS": str(self.workshop / "metrics"),
            "BELLWETHER_DBT_UNIT_TESTS": "true",
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_LOG_LEVEL_FILE": "none",
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


def build(project: Project, *statements: str, leave_out: str | None = None) -> Project:
    """A warehouse with these rows, and every model and test of the project run on it."""
    project.create(*statements)
    done = project.dbt("build", *(["--exclude-resource-type", leave_out] if leave_out else []))
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt works, and the metrics of a home."""
    folder = tmp_path_factory.mktemp("workshop")
    (folder / "metrics").mkdir()
    (folder / "metrics" / "units.yml").write_text(HOME_METRIC)
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> Project:
    """The tiny shop, built."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "metrics").symlink_to(workshop / "metrics")
    return build(Project(folder, workshop), TINY_SHOP.read_text())


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> Project:
    """A home in which nothing was delivered, built; unit tests read no warehouse."""
    return build(Project(tmp_path_factory.mktemp("empty"), workshop), leave_out="unit_test")


@pytest.fixture(scope="session")
def first_lines(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> tuple[Project, Facts]:
    """A warehouse of the first log lines and its facts; copy it before you change it."""
    project = Project(tmp_path_factory.mktemp("lines"), workshop)
    project.create(FIRST)
    return project, build_facts(project)


@pytest.fixture
def grown(first_lines: tuple[Project, Facts], tmp_path: Path) -> Project:
    """A copy of the warehouse of the first log lines."""
    project, _ = first_lines
    shutil.copytree(project.folder, tmp_path / "lines")
    return Project(tmp_path / "lines", project.workshop)


@pytest.fixture
def con(shop: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the tiny shop."""
    with duckdb.connect(str(shop.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
