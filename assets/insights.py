"""How do estimates become tables? Everything the analytics say of a build, written at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import duckdb
import pandas as pd

from analytics.experiments import ReadOut, experiment_link, read_out
from assets.analysis_tables import INSIGHT_TABLES
from assets.forecast_insights import forecast_tables
from assets.link_insights import (
    compute_links,
    lag_rows,
    link_row,
    read_inputs,
    release_rows,
    series_rows,
)
from assets.onset_insights import onset_tables
from hub.config import HubConfig


def write_insights(
    con: duckdb.DuckDBPyConnection, *, config: HubConfig, build: str
) -> dict[str, int]:
    """Compute all insights and replace the tables; returns rows per table."""
    inputs = read_inputs(con, config)
    pairs = compute_links(inputs)
    read_outs = _read_outs(con, config)
    tables = {
        "links": pd.DataFrame([link_row(pair, config=config, build=build) for pair in pairs]),
        "link_lags": _stacked([lag_rows(pair) for pair in pairs]),
        "link_series": _stacked([series_rows(pair) for pair in pairs]),
        "link_releases": _stacked([release_rows(pair, inputs.releases) for pair in pairs]),
        "experiments": pd.DataFrame([asdict(read) for read in read_outs]),
        "experiment_links": pd.DataFrame(_experiment_links(read_outs)),
        **onset_tables(con, config=config, build=build),
        **forecast_tables(con, config=config, build=build),
    }
    con.execute("begin")
    for name in INSIGHT_TABLES:
        _replace(con, name, tables[name])
    con.execute("commit")
    return {name: len(frame) for name, frame in tables.items()}


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _replace(con: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Replace a table's rows; NaN of an estimate that could not be made becomes NULL."""
    con.execute(f"delete from insights.{name}")
    if frame.empty:
        return
    columns = [
        (column, kind)
        for column, kind in con.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'insights' and table_name = ? order by ordinal_position",
            [name],
        ).fetchall()
        if column in frame.columns
    ]
    chosen = ", ".join(
        f'case when isfinite("{column}") then "{column}" end'
        if kind == "DOUBLE" and pd.api.types.is_float_dtype(frame[column])
        else f'cast("{column}" as {kind})'
        for column, kind in columns
    )
    names = ", ".join(f'"{column}"' for column, _ in columns)
    rows = frame[[column for column, _ in columns]]
    con.register("rows_to_write", rows)
    con.execute(f"insert into insights.{name} ({names}) select {chosen} from rows_to_write")
    con.unregister("rows_to_write")


def _read_outs(con: duckdb.DuckDBPyConnection, config: HubConfig) -> Sequence[ReadOut]:
    table = con.execute("select * from staging.stg_experiments").df()
    return read_out(table, time_zone=config.time_zone) if len(table) else ()


def _experiment_links(read_outs: Sequence[ReadOut]) -> list[dict[str, object]]:
    """One joined estimate per model, offline metric and online metric with any read-out."""
    frame = pd.DataFrame([asdict(read) for read in read_outs if read.status == "read out"])
    if frame.empty:
        return []
    frame = frame.dropna(subset=["offline_delta", "lift", "lift_se"])
    keys = ["model", "offline_metric", "metric"]
    rows: list[dict[str, object]] = []
    for (model, offline_metric, metric), group in frame.groupby(keys, sort=True):
        joined = experiment_link(group[["offline_delta", "offline_se", "lift", "lift_se"]])
        rows.append(
            {"model": model, "offline_metric": offline_metric, "metric": metric}
            | {key: value for key, value in asdict(joined).items() if key != "caveats"}
            | {"verdict": str(joined.verdict), "caveats": json.dumps(joined.caveats)}
        )
    return rows
