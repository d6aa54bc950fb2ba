"""A small hub in memory whose links can be computed without files or dbt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pandas as pd

from assets.analysis_tables import create_analysis_tables
from hub.config import HubConfig

N_DAYS = 300
FIRST = pd.Timestamp("2025-01-01")
DAYS = pd.date_range(FIRST, periods=N_DAYS, freq="D")
RELEASES = {
    "ranker": [25, 55, 80, 110, 140, 165, 190, 220, 250],
    "fraud": [40, 70, 100, 130, 160, 200, 235],
}
KPIS = {"revenue": "EUR", "orders": "orders", "margin": "EUR"}
# What experiments of the ranker gained offline, its effect on the lift, and users of a variant.
GAINS = (-0.05, 0.02, 0.06, -0.02, 0.04, 0.08, -0.07, 0.03, 0.05, -0.03, 0.07, 0.01)
SLOPE = 1.5
USERS = 60_000
OUTSIDE = """
create schema raw; create schema staging; create schema platform;
create table raw.loads (source varchar, status varchar, last_at timestamptz);
create table platform.platform_model_releases (model varchar, version varchar, valid_from date);
create table staging.stg_calendar (day date, kind varchar, name varchar);
create table staging.stg_experiments (
    experiment varchar, model varchar, variant varchar, is_control boolean,
    started_at timestamptz, ended_at timestamptz, metric varchar, users bigint,
    expected_share double, conversions bigint, value_sum double, value_sum_squares double,
    offline_metric varchar, offline_delta double, offline_se double
);
"""


def config(**link: object) -> HubConfig:
    """Settings with one pair declared beforehand."""
    declared = [{"metric": "ranker/ndcg_at_10", "kpi": "revenue"}]
    return HubConfig.model_validate(
        {
            "company": "Test & Co",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "sources": [
                {"name": "shop", "kind": "sales", "path": "x", "fresh_within": "2d"},
                {"name": "events", "kind": "calendar", "path": "y"},
            ],
            "guardrails": [{"metric": "revenue", "margin": 0.01}],
            "link": {"smallest_gain_per_month": 2000, "primary": declared} | link,
        }
    )


def world(seed: int = 3) -> dict[str, pd.Series]:
    """Daily series by `entity/metric` or KPI: a ranker that moves revenue, and two that do not.

    `ranker/drift` moves every day; `fraud/auc` has no value for the fourth of its versions.
    """
    rng = np.random.default_rng(seed)
    gains = {model: rng.normal(0.03, 0.03, len(days)) for model, days in RELEASES.items()}
    level = {model: _steps(RELEASES[model], gains[model]) for model in RELEASES}
    noise = {kpi: 0.02 * rng.standard_normal(N_DAYS) for kpi in KPIS}
    late = np.concatenate([np.zeros(3), level["ranker"][:-3]])
    auc = pd.Series(0.7 * np.exp(level["fraud"]), DAYS)
    auc.iloc[130:160] = np.nan
    return {
        "ranker/ndcg_at_10": pd.Series(0.3 * np.exp(level["ranker"]), DAYS),
        "fraud/auc": auc,
        "ranker/drift": pd.Series(1.0 + 0.1 * rng.standard_normal(N_DAYS), DAYS),
        "revenue": pd.Series(1000.0 * np.exp(1.5 * late + noise["revenue"]), DAYS),
        "orders": pd.Series(60.0 * np.exp(noise["orders"]), DAYS),
        "margin": pd.Series(200.0 * rng.standard_normal(N_DAYS), DAYS),
    }


def _steps(days: list[int], gains: np.ndarray) -> np.ndarray:
    level = np.zeros(N_DAYS)
    for day, gain in zip(days, gains, strict=True):
        level[day:] += gain
    return level


def hub(series: Mapping[str, pd.Series]) -> duckdb.DuckDBPyConnection:
    """A warehouse with these series, the releases, a calendar and no experiments."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    create_analysis_tables(con)
    con.execute(OUTSIDE)
    con.execute(
        "insert into raw.loads values ('shop', 'loaded', ?)", [DAYS[-1] + pd.Timedelta(hours=20)]
    )
    for model, days in RELEASES.items():
        for number, day in enumerate(days):
            con.execute(
                "insert into platform.platform_model_releases values (?, ?, ?)",
                [model, f"1.{number}", DAYS[day]],
            )
    for sale in DAYS[15::45]:
        con.execute("insert into staging.stg_calendar values (?, 'promotion', 'Sale')", [sale])
    for address in series:
        add_metric(con, address)
    write_series(con, series)
    return con


def with_experiments(
    series: dict[str, pd.Series],
    *,
    gains: Sequence[float],
    shares: Sequence[float] | None = None,
    is_log: bool = True,
) -> duckdb.DuckDBPyConnection:
    """A hub with one experiment for each gain of the ranker, lifts 1.5 times the log gain."""
    con = hub(series)
    rng = np.random.default_rng(11)
    rows = []
    for at, gain in enumerate(gains):
        start = DAYS[10 + 12 * at]
        level = float(series["ranker/ndcg_at_10"][start])
        delta = gain if is_log else level * (np.exp(gain) - 1.0)
        treated = round(2 * USERS * (shares[at] if shares else 0.5))
        for variant, users in (("control", 2 * USERS - treated), ("treatment", treated)):
            is_control = variant == "control"
            mean = 5.0 * (1.0 if is_control else float(np.exp(SLOPE * gain)))
            mean += float(rng.normal(0.0, 5.0 / np.sqrt(users)))
            rows.append(
                {
                    "experiment": f"test-{at:02d}",
                    "model": "ranker",
                    "variant": variant,
                    "is_control": is_control,
                    "started_at": start.tz_localize("UTC") + pd.Timedelta(hours=8),
                    "ended_at": start.tz_localize("UTC") + pd.Timedelta(days=9),
                    "metric": "revenue",
                    "users": users,
                    "expected_share": 0.5,
                    "value_sum": mean * users,
                    "value_sum_squares": (25.0 + mean**2) * users,
                    "offline_metric": "ndcg_at_10",
                    "offline_delta": 0.0 if is_control else delta,
                    "offline_se": 0.0 if is_control else 0.002 * (1.0 if is_log else level),
                }
            )
    frame = pd.DataFrame(rows)
    con.register("delivered", frame)
    con.execute("insert into staging.stg_experiments by name select * from delivered")
    con.unregister("delivered")
    return con


def add_metric(con: duckdb.DuckDBPyConnection, address: str, *, label: str | None = None) -> None:
    """Put a metric into the catalogue, or give it another label."""
    entity, _, name = address.rpartition("/")
    role, kinds = ("model_metric", '["mlflow"]') if entity else ("kpi", '["sales"]')
    con.execute("delete from metrics.catalogue where metric_name = ?", [name])
    con.execute(
        "insert into metrics.catalogue (metric_name, label, unit, direction, role, aggregation, "
        "source_kinds) values (?, ?, ?, 'up', ?, 'simple', ?)",
        [name, label or name, KPIS.get(name, "value"), role, kinds],
    )


def write_series(con: duckdb.DuckDBPyConnection, series: Mapping[str, pd.Series]) -> None:
    """Let the observations of these series be exactly those given."""
    for address, values in series.items():
        entity, _, name = address.rpartition("/")
        con.execute(
            "delete from metrics.observation_versions where metric_name = ? and entity = ?",
            [name, entity or "company"],
        )
        rows = values.dropna().rename_axis("day").rename("value").reset_index()
        con.register("rows_of_series", rows)
        con.execute(
            """
            insert into metrics.observation_versions by name
            select
                ? as metric_name, 'x' as layer, ? as entity, ? as segment_name,
                ? as segment_value, 'day' as grain, cast(day as date) as period_start,
                value as metric_value, true as is_complete, 'h' as definition_hash,
                now() as observed_at, 'b' as build_id
            from rows_of_series
            """,
            [
                name,
                entity or "company",
                "dataset" if entity else "__all__",
                "holdout" if entity else "__all__",
            ],
        )
        con.unregister("rows_of_series")
