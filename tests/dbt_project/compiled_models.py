"""What do the models make of other rows? The SQL that dbt compiled runs here, without dbt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from assets.analysis_tables import create_analysis_tables
from assets.metric_catalogue import read_catalogue
from assets.metric_compiler import MetricCompiler
from assets.observations import write_observations
from assets.sources.raw_tables import create_raw_tables
from hub.config import HubConfig

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def empty_warehouse(folder: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse under the name that compiled SQL calls it by, with raw tables without rows."""
    con = duckdb.connect(str(folder / "warehouse.duckdb"))
    con.execute("set TimeZone = 'UTC'")
    create_raw_tables(con)
    create_analysis_tables(con)
    return con


def make_models(con: duckdb.DuckDBPyConnection, target: Path, *, of: tuple[str, ...] = ()) -> None:
    """Make every model of the layers, or only `of` and what these read, from the raw tables."""
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    models = {
        name: node
        for name, node in nodes.items()
        if node["resource_type"] == "model" and "layer" in node["tags"]
    }
    before = {name: set(node["depends_on"]["nodes"]) & set(models) for name, node in
              models.items()}  # fmt: skip
    wanted = _with_all_before(before, of) if of else set(models)
    for schema in {node["schema"] for node in models.values()}:
        con.execute(f"create schema if not exists {schema}")
    for name in TopologicalSorter(before).static_order():
        if name in wanted:
            kind = "view" if models[name]["config"]["materialized"] == "view" else "table"
            con.execute(_created(models[name], kind))


def _created(model: dict[str, Any], kind: str) -> str:
    return f"create {kind} {model['relation_name']} as {model['compiled_code']}"


def _with_all_before(before: dict[str, set[str]], of: tuple[str, ...]) -> set[str]:
    def reached(name: str) -> Iterator[str]:
        yield name
        for other in before[name]:
            yield from reached(other)

    ends = [name for name in before if name.rsplit(".", 1)[-1] in of]
    assert len(ends) == len(of)
    return {name for end in ends for name in reached(end)}


def observe(
    con: duckdb.DuckDBPyConnection, target: Path, *, metrics: tuple[str, ...] = ()
) -> pd.DataFrame:
    """The observations of all metrics, or of `metrics`, over the models that were made."""
    config = HubConfig.model_validate(
        {"company": "Worked", "time_zone": "Europe/Berlin", "currency": "EUR",
         "sources": [{"name": "shop", "kind": "sales", "path": "*.csv"}]}
    )  # fmt: skip
    wanted = [d for d in read_catalogue(target) if not metrics or d.name in metrics]
    compiler = MetricCompiler(target)
    write_observations(con, wanted, compiler=compiler, config=config, now=NOW, build="b")
    compiler.keep()
    return con.execute("select * from metrics.observations").df()
