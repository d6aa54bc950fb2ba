"""Does Spark make of the raw tables what DuckDB makes of them?

`python -m benchmarks.spark_tables --home <home>` takes a home's warehouse, lets dbt make every
model anew with DuckDB and then in a local Spark session, from the same raw tables and with the same
variables, and compares each model's columns, types and rows. `--tests` runs the data tests of the
project in Spark as well. Spark is no dependency of the hub: `uv pip install "dbt-spark[session]"
"pyspark>=4.1,<5"` adds it to an environment, and it needs a Java of version 17 or 21.

Spark counts in UTC, as the hub's DuckDB sessions do. Tables that Python writes between dbt's two
runs (observations, insights) are taken from the home as they are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.dbt_runs import dbt_vars
from benchmarks.same_rows import Likeness, compare
from hub.config import load_config
from hub.home import DBT_PROJECT, HubHome

# Tables here are small: what a stage costs is its start.
_SESSION = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.driver.memory": "3g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -Duser.timezone=UTC",
}


@dataclass(frozen=True)
class Project:
    """The SQL project over one warehouse: the home's metrics and variables, and where work goes."""

    warehouse: Path
    metrics: Path
    variables: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "BELLWETHER_WAREHOUSE": str(self.warehouse),
            "BELLWETHER_HOME_METRICS": str(self.metrics),
            "BELLWETHER_DBT_UNIT_TESTS": "false",
            "DBT_PROFILES_DIR": str(DBT_PROJECT),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def arguments(self, command: str, target: str) -> list[str]:
        return [
            "--no-use-colors", "--no-partial-parse", command, "--target", target,
            "--vars", self.variables, "--project-dir", str(DBT_PROJECT),
            "--target-path", str(self.folder / target), "--log-path", str(self.folder / "logs"),
        ]  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of models and tests in Spark."""

    statuses: dict[str, list[str]]
    likenesses: dict[str, Likeness]

    @property
    def unlike(self) -> dict[str, Likeness]:
        return {name: like for name, like in self.likenesses.items() if not like.is_same}

    def lines(self) -> Iterator[str]:
        """What was run and compared, then each difference."""
        for kind, statuses in sorted(self.statuses.items()):
            passed = sum(status in ("success", "pass") for status in statuses)
            yield f"{kind}s in Spark: {passed} of {len(statuses)} without an error"
        same = len(self.likenesses) - len(self.unlike)
        rows = sum(likeness.rows for likeness in self.likenesses.values())
        yield f"models alike: {same} of {len(self.likenesses)}, {rows:,} rows compared"
        for name, likeness in sorted(self.unlike.items()):
            yield from (f"  {name}: {found}" for found in likeness.found)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, required=True, help="a home that was run")
    parser.add_argument("--tests", action="store_true", help="run the data tests in Spark as well")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        project = project_of_home(asked.home, Path(folder))
        made_by_duckdb(project)
        outcome = made_by_spark(project, with_tests=asked.tests)
    print(*outcome.lines(), sep="\n")
    return 1 if outcome.unlike else 0


def project_of_home(root: Path, folder: Path) -> Project:
    """A copy of the home's warehouse in `folder`, with what the home tells dbt."""
    home = HubHome(root)
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(home.warehouse, warehouse)
    return Project(warehouse, home.metrics, dbt_vars(load_config(home.root)), folder)


def made_by_duckdb(project: Project) -> None:
    """Make every model of the copy anew; raises `CalledProcessError` with dbt's words."""
    program = str(Path(sys.executable).with_name("dbt"))
    command = [program, *project.arguments("run", "duckdb"), "--full-refresh"]
    subprocess.run(command, env=os.environ | project.environment, check=True)


def made_by_spark(project: Project, *, with_tests: bool) -> Outcome:
    """Make every model in Spark and compare it with what the warehouse holds under its name.

    dbt's session method works in the Spark session of its own process, so dbt runs in this one.
    """
    os.environ.update(project.environment)
    spark = _session(project.folder / "tables")
    try:
        with duckdb.connect(str(project.warehouse)) as con:
            con.execute("set TimeZone = 'UTC'")
            for name in _tables_read(con):
                _hand_over(con, spark, name, project.folder / "raw")
        statuses = _statuses(project, "build" if with_tests else "run")
        with duckdb.connect(str(project.warehouse)) as con:
            con.execute("set TimeZone = 'UTC'")
            likenesses = dict(_compared(con, spark, project.folder))
    finally:
        spark.stop()
    return Outcome(statuses, likenesses)


def _session(tables: Path) -> Any:
    builder = importlib.import_module("pyspark.sql").SparkSession.builder
    for setting, value in (_SESSION | {"spark.sql.warehouse.dir": str(tables)}).items():
        builder = builder.config(setting, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def _tables_read(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Everything that dbt does not make itself."""
    written = "('raw', 'metrics', 'insights', 'meta')"
    names = con.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        f"where table_schema in {written} and not starts_with(table_name, 'stg_') order by all"
    ).fetchall()
    return [name for (name,) in names]


def _hand_over(con: duckdb.DuckDBPyConnection, spark: Any, name: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.parquet"
    con.execute(f"copy (from {name}) to '{file}' (format parquet)")
    spark.sql(f"create database if not exists {name.split('.')[0]}")
    spark.sql(f"create table {name} using parquet location '{file}'")


def _statuses(project: Project, command: str) -> dict[str, list[str]]:
    """How each model and test ended, by kind."""
    dbt = importlib.import_module("dbt.cli.main").dbtRunner()
    dbt.invoke(project.arguments(command, "spark"))
    results = json.loads((project.folder / "spark" / "run_results.json").read_text())["results"]
    statuses: dict[str, list[str]] = {}
    for result in results:
        statuses.setdefault(result["unique_id"].split(".")[0], []).append(result["status"])
    return statuses


def _compared(
    con: duckdb.DuckDBPyConnection, spark: Any, folder: Path
) -> Iterator[tuple[str, Likeness]]:
    """Each model with what it is in both engines, in the order of names."""
    nodes = json.loads((folder / "spark" / "manifest.json").read_text())["nodes"].values()
    for node in sorted(nodes, key=lambda node: str(node["name"])):
        if node["resource_type"] != "model":
            continue
        name = f"{node['schema']}.{node['alias']}"
        if not spark.catalog.tableExists(name):
            yield name, Likeness(0, ("Spark did not make it",))
            continue
        files = folder / "compared" / name
        spark.table(name).write.parquet(str(files))
        yield name, compare(con, name, f"read_parquet('{files}/*.parquet')")


if __name__ == "__main__":
    raise SystemExit(main())
