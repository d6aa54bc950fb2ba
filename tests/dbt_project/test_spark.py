"""Does Spark make of the tiny shop what DuckDB makes of it?

Needs `dbt-spark[session]`, pyspark and a Java; see `benchmarks/spark_tables.py`.
"""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import spark_tables
from tests.dbt_project.conftest import VARIABLES, Project

HAS_SPARK = bool(find_spec("pyspark")) and bool(find_spec("dbt.adapters.spark"))
pytestmark = [
    pytest.mark.xdist_group("dbt_project"),
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not HAS_SPARK, reason="needs dbt-spark and pyspark"),
]


def test_spark_makes_the_same_tables_and_its_tests_pass(shop: Project, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(shop.warehouse, warehouse)
    project = spark_tables.Project(
        warehouse, shop.folder / "metrics", json.dumps(VARIABLES), tmp_path
    )
    tested = spark_tables.tested_by_duckdb(project)
    outcome = spark_tables.made_by_spark(project, tests=tested)
    assert not outcome.faults
    assert outcome.statuses["test"].keys() == tested.keys()
    assert len(outcome.models) > 150
    assert len(outcome.statuses["test"]) > 400
    assert outcome.parsed >= len(outcome.models) + len(outcome.statuses["test"])
