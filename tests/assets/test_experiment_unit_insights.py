"""Are experiments of users read out, and only once?"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets.experiment_unit_insights import unit_read_outs

COLUMNS = """
    create schema staging;
    create table staging.stg_experiments (experiment varchar);
    create table staging.stg_experiment_units (
        experiment varchar, user_key varchar, variant varchar, metric varchar, model varchar,
        is_control boolean, assigned_on date, ended_on date, expected_share double, value double,
        value_before double, offline_metric varchar, offline_delta double, offline_se double)"""


def _users(metric: str, *, lift: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 4000
    before = rng.gamma(2.0, 5.0, n)
    treated = np.arange(n) % 2 == 1
    value = before * rng.uniform(0.8, 1.2, n) * np.where(treated, 1 + lift, 1.0)
    return pd.DataFrame(
        {
            "experiment": "E", "user_key": [f"u{i}" for i in range(n)],
            "variant": np.where(treated, "new", "old"), "metric": metric, "model": "recommender",
            "is_control": ~treated, "assigned_on": pd.Timestamp("2025-03-01"),
            "ended_on": pd.NaT, "expected_share": 0.5, "value": value, "value_before": before,
            "offline_metric": "ndcg_at_10", "offline_delta": np.where(treated, 0.02, np.nan),
            "offline_se": np.where(treated, 0.004, np.nan),
        }
    )  # fmt: skip


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    for statement in COLUMNS.split(";"):
        made.execute(statement)
    rows = pd.concat([_users("revenue", lift=0.05, seed=5), _users("orders", lift=0.0, seed=2)])
    made.register("rows_of_users", rows)
    names = ", ".join(rows.columns)
    made.execute(
        f"insert into staging.stg_experiment_units ({names}) select {names} from rows_of_users"
    )
    return made


def test_users_are_read_out_with_figures_from_before(con: duckdb.DuckDBPyConnection) -> None:
    orders, revenue = unit_read_outs(con, guardrails=None)
    assert (orders.metric, revenue.metric, revenue.model) == ("orders", "revenue", "recommender")
    assert (revenue.users_control, revenue.users_treatment) == (2000, 2000)
    assert revenue.status == "read out"
    assert revenue.lift_low is not None
    assert revenue.lift_high is not None
    assert revenue.lift_low < 0.05 < revenue.lift_high
    assert revenue.lift_high - revenue.lift_low < 0.05
    assert (revenue.offline_metric, revenue.offline_delta) == ("ndcg_at_10", 0.02)
    assert str(revenue.started_on) == "2025-03-01"


def test_an_experiment_that_came_as_sums_too_is_read_out_once(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("insert into staging.stg_experiments values ('E')")
    assert unit_read_outs(con, guardrails=None) == ()


def test_a_user_with_two_outcomes_withholds_that_metric(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into staging.stg_experiment_units by name select * replace (value + 1 as value)"
        " from staging.stg_experiment_units where metric = 'revenue' and user_key = 'u7'"
    )
    found = {one.metric: one.refusal for one in unit_read_outs(con, guardrails=None)}
    assert found["revenue"] == "repeated_user"
