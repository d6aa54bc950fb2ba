"""What did experiments find that were delivered user by user?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analytics.experiments import Guardrail, ReadOut, UnitMetric, UnitPlan, read_out_units

UNITS = "staging.stg_experiment_units"
_KEY = ["user_key", "variant"]


def has_units(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether any experiment came as rows of users."""
    schema, table = UNITS.split(".")
    there = con.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    return bool(there) and bool(con.execute(f"select 1 from {UNITS} limit 1").fetchall())


def unit_read_outs(
    con: duckdb.DuckDBPyConnection, *, guardrails: Mapping[str, Guardrail] | None
) -> tuple[ReadOut, ...]:
    """Every experiment of users read out; not those that also came as sums, which count already.

    Where a metric has figures from before the start, they make its interval narrower.
    """
    if not has_units(con):
        return ()
    names = con.execute(
        f"select distinct experiment from {UNITS} where experiment not in"
        " (select experiment from staging.stg_experiments where experiment is not null) order by 1"
    ).fetchall()
    found: list[ReadOut] = []
    for (name,) in names:
        rows = con.execute(f"select * from {UNITS} where experiment = ?", [name]).df()
        found.extend(_read_out(str(name), rows, guardrails))
    return tuple(found)


def _read_out(
    experiment: str, rows: pd.DataFrame, guardrails: Mapping[str, Guardrail] | None
) -> tuple[ReadOut, ...]:
    users, metrics = _wide(rows)
    return read_out_units(
        users, _plan(experiment, rows), metrics=metrics, guardrails=guardrails,
        user_column="user_key",
    )  # fmt: skip


def _wide(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[UnitMetric]]:
    """One row per user and variant with a column for each metric; a user with several different
    outcomes of one metric keeps several rows, for the read-out to refuse."""
    users = rows[_KEY].drop_duplicates()
    metrics: list[UnitMetric] = []
    for number, (name, group) in enumerate(rows.groupby("metric", sort=True)):
        value, before = f"value_{number}", f"before_{number}"
        columns = {"value": value, "value_before": before}
        part = group[[*_KEY, *columns]].rename(columns=columns)
        users = users.merge(part, on=_KEY, how="left")
        has_before = bool(part[before].notna().any())
        metrics.append(UnitMetric(str(name), value, value_before=before if has_before else None))
    return users, metrics


def _plan(experiment: str, rows: pd.DataFrame) -> UnitPlan:
    by_variant = rows.groupby("variant", sort=True)
    flags = by_variant["is_control"].max().fillna(False).astype(bool)
    controls = [str(variant) for variant, is_control in flags.items() if is_control]
    shares = by_variant["expected_share"].max()
    gains = {
        str(variant): (_number(group["offline_delta"].max()), _number(group["offline_se"].max()))
        for variant, group in by_variant
        if str(variant) not in controls and group["offline_delta"].notna().any()
    }
    return UnitPlan(
        experiment=experiment,
        control=controls[0] if controls else "",
        model=_first(rows["model"]),
        shares={str(k): float(v) for k, v in shares.items()} if shares.notna().all() else None,
        started_on=_day(rows["assigned_on"].min()),
        ended_on=_day(rows["ended_on"].max()),
        offline_metric=_first(rows["offline_metric"]),
        offline_gains=gains,
    )


def _number(value: Any) -> float:
    return np.nan if pd.isna(value) else float(value)


def _first(column: pd.Series) -> str | None:
    known = column.dropna()
    return str(known.iloc[0]) if len(known) else None


def _day(value: Any) -> dt.date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
