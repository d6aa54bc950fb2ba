"""Does Spark make of the raw tables what DuckDB makes of them?

`python -m benchmarks.spark_tables --home <home>` takes a home's warehouse, lets dbt make every
model anew with DuckDB and then in a local Spark session, from the same raw tables and with the same
variables, and compares each model's columns, types and rows; then the queries that MetricFlow
compiled for the home's metrics are compared over these models. `--tests` runs the data tests of the
project in Spark as well. With `--in-two` the younger half of the log lines comes in a second
delivery, so that both engines make the facts of lines grow.

Spark is no dependency of the hub: `uv pip install "dbt-spark[session]" "pyspark>=4.1,<5"` adds it
to an environment, and it needs a Java of version 17 or 21.

Spark counts in UTC, as the hub's DuckDB sessions do. Tables that Python writes between dbt's two
runs (observations, insights) are taken from the home as they are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from assets.analysis_tables import create_analysis_tables
from assets.dbt_runs import dbt_vars
from assets.sources.raw_tables import create_raw_tables
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


FINE = ("success", "pass")
LINES = "raw.service_logs"
_RELATION = re.compile(r'"\w+"\."(\w+)"\."(\w+)"')


@dataclass(frozen=True)
class Project:
    """The SQL project over one warehouse: the home's metrics and variables, and where work goes.

    `queries` are compiled metrics, by the question that they answer.
    """

    warehouse: Path
    metrics: Path
    variables: str
    folder: Path
    queries: dict[str, str] = field(default_factory=dict)

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
    """What became of models, tests and compiled metrics in Spark.

    `statuses` says by kind and name how each model and test ended there, `in_duckdb` how each test
    ended in DuckDB: a test that finds something there has to find it in Spark as well.
    """

    parsed: int
    statuses: dict[str, dict[str, str]]
    models: dict[str, Likeness]
    metrics: dict[str, Likeness]
    in_duckdb: dict[str, str] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """Every difference, and the models and tests that did not end as in DuckDB."""
        told = [
            f"{name}: {found}"
            for likenesses in (self.models, self.metrics)
            for name, likeness in sorted(likenesses.items())
            for found in likeness.found
        ]
        for statuses in self.statuses.values():
            for name, status in sorted(statuses.items()):
                wanted = self.in_duckdb.get(name, status if status in FINE else "success")
                told += [f"{name}: {status} in Spark, {wanted} in DuckDB"] * (status != wanted)
        return told

    def lines(self) -> Iterator[str]:
        """What was run and compared, then each difference."""
        yield f"compiled files that Spark parsed: {self.parsed}"
        for kind, statuses in sorted(self.statuses.items()):
            passed = sum(status in FINE for status in statuses.values())
            yield f"{kind}s that ran in Spark without a fault: {passed} of {len(statuses)}"
        for what, likenesses in (("models", self.models), ("metric queries", self.metrics)):
            same = sum(likeness.is_same for likeness in likenesses.values())
            rows = sum(likeness.rows for likeness in likenesses.values())
            yield f"{what} alike: {same} of {len(likenesses)}, {rows:,} rows compared"
        yield from self.faults


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, required=True, help="a home that was run")
    parser.add_argument("--tests", action="store_true", help="run the data tests in Spark as well")
    parser.add_argument("--in-two", action="store_true", help="log lines come in two deliveries")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        project = project_of_home(asked.home, Path(folder))
        mark = halfway(project) if asked.in_two else None
        made_by_duckdb(project, mark)
        found = tested_by_duckdb(project) if asked.tests else None
        outcome = made_by_spark(project, mark, tests=found)
    print(*outcome.lines(), sep="\n")
    return 1 if outcome.faults else 0


def project_of_home(root: Path, folder: Path) -> Project:
    """A copy of the home's warehouse in `folder`, with what the home tells dbt."""
    home = HubHome(root)
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(home.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as con:
        create_raw_tables(con)
        create_analysis_tables(con)
    kept = json.loads((home.dbt_target / "compiled_metrics.json").read_text())["written"]
    queries = {asked: sql for asked, sql in kept.items() if json.loads(asked)[0] == "sql"}
    variables = dbt_vars(load_config(home.root))
    return Project(warehouse, home.metrics, variables, folder, queries)


def halfway(project: Project) -> str:
    """The load, as its instant, that ends the older half of the log lines."""
    with _opened(project) as con:
        (mark,) = con.execute(
            f"select cast(quantile_disc(_loaded_at, 0.5) as varchar) from {LINES}"
        ).fetchall()[0]
    return str(mark)


def made_by_duckdb(project: Project, mark: str | None = None) -> None:
    """Make every model of the copy anew; with a mark, first of the lines up to it, then of all.

    Raises `CalledProcessError` when dbt fails; what it said is on the screen.
    """
    program = str(Path(sys.executable).with_name("dbt"))
    command = [program, *project.arguments("run", "duckdb")]
    environment = os.environ | project.environment
    if mark:
        with _opened(project) as con:
            con.execute(f"create table home.later as from {LINES} where _loaded_at > '{mark}'")
            con.execute(f"delete from {LINES} where _loaded_at > '{mark}'")
    subprocess.run([*command, "--full-refresh"], env=environment, check=True)
    if mark:
        with _opened(project) as con:
            con.execute(f"insert into {LINES} from home.later")
        subprocess.run(command, env=environment, check=True)


def tested_by_duckdb(project: Project) -> dict[str, str]:
    """How each data test ends in DuckDB, by name; a test that fails raises no error here."""
    program = str(Path(sys.executable).with_name("dbt"))
    environment = os.environ | project.environment
    subprocess.run([program, *project.arguments("test", "duckdb")], env=environment, check=False)
    return _statuses(project, "duckdb")["test"]


def made_by_spark(
    project: Project, mark: str | None = None, *, tests: dict[str, str] | None = None
) -> Outcome:
    """Make every model in Spark and compare it with what the warehouse holds under its name.

    With `tests`, what `tested_by_duckdb` gives, the data tests run in Spark as well.
    dbt's session method works in the Spark session of its own process, so dbt runs in this one.
    """
    spark = _session(project.folder / "tables")
    try:
        with _opened(project) as con:
            for name in _tables_read(con):
                until = mark if name == LINES else None
                _hand_over(con, spark, name, project.folder / "raw", until=until)
        if mark:
            _dbt(project, "run")
            with _opened(project) as con:
                _hand_over(con, spark, LINES, project.folder / "all")
        statuses = _dbt(project, "run" if tests is None else "build")
        parsed = _parsed(spark, project.folder / "spark" / "compiled")
        with _opened(project) as con:
            models = dict(_compared(con, spark, project.folder))
            metrics = dict(_answers_compared(con, spark, project))
    finally:
        spark.stop()
    return Outcome(parsed, statuses, models, metrics, tests or {})


@contextmanager
def _opened(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(project.warehouse)) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("create schema if not exists home")
        yield con


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


def _hand_over(
    con: duckdb.DuckDBPyConnection, spark: Any, name: str, folder: Path, *, until: str | None = None
) -> None:
    """Make what DuckDB holds under a name, up to a load, the table of that name in Spark."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.parquet"
    wanted = f"where _loaded_at <= '{until}'" if until else ""
    con.execute(f"copy (from {name} {wanted}) to '{file}' (format parquet)")
    spark.sql(f"create database if not exists {name.split('.')[0]}")
    spark.sql(f"drop table if exists {name}")
    spark.sql(f"create table {name} using parquet location '{file}'")


def _dbt(project: Project, command: str) -> dict[str, dict[str, str]]:
    with patch.dict(os.environ, project.environment):
        dbt = importlib.import_module("dbt.cli.main").dbtRunner()
        dbt.invoke(project.arguments(command, "spark"))
    return _statuses(project, "spark")


def _statuses(project: Project, target: str) -> dict[str, dict[str, str]]:
    """How each model and test ended, by kind and name; exposures only name what is read."""
    results = json.loads((project.folder / target / "run_results.json").read_text())["results"]
    statuses: dict[str, dict[str, str]] = {}
    for result in results:
        kind, _, name = result["unique_id"].partition(".")
        if kind in ("model", "test"):
            statuses.setdefault(kind, {})[name] = result["status"]
    return statuses


def _parsed(spark: Any, compiled: Path) -> int:
    """How many compiled files there are; raises what Spark says of one that it does not read."""
    files = list(compiled.rglob("*.sql"))
    parser = spark._jsparkSession.sessionState().sqlParser()
    for file in files:
        parser.parsePlan(file.read_text())
    return len(files)


def _compared(
    con: duckdb.DuckDBPyConnection, spark: Any, folder: Path
) -> Iterator[tuple[str, Likeness]]:
    """Each model with what it is in both engines."""
    nodes = json.loads((folder / "spark" / "manifest.json").read_text())["nodes"].values()
    for node in nodes:
        if node["resource_type"] != "model":
            continue
        name = f"{node['schema']}.{node['alias']}"
        if not spark.catalog.tableExists(name):
            yield name, Likeness(0, ("Spark did not make it",))
            continue
        files = folder / "compared" / name
        spark.table(name).write.parquet(str(files))
        yield name, compare(con, name, f"read_parquet('{files}/*.parquet')")


def _answers_compared(
    con: duckdb.DuckDBPyConnection, spark: Any, project: Project
) -> Iterator[tuple[str, Likeness]]:
    """Each compiled metric query with what it answers in both engines."""
    for number, (asked, written) in enumerate(project.queries.items()):
        sql = _RELATION.sub(r"\1.\2", written)
        files = project.folder / "compared" / f"query_{number}"
        spark.sql(sql).write.parquet(str(files))
        yield asked, compare(con, f"({sql}\n) as here", f"read_parquet('{files}/*.parquet')")


if __name__ == "__main__":
    raise SystemExit(main())
