"""Are only sums forecast, from complete days alone; is the past asked again only if it moved?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets import forecast_insights
from assets.forecast_insights import forecast_tables
from assets.insight_rows import replace_rows
from hub.config import HubConfig

LAST_COMPLETE = pd.Timestamp("2026-05-20")
DAYS = pd.date_range("2025-11-01", LAST_COMPLETE + pd.Timedelta(days=1))


@pytest.fixture
def config(shop_config: Callable[..., HubConfig]) -> HubConfig:
    targets = [
        {"metric": "revenue", "grain": "month", "value": 1.0},
        {"metric": "revenue", "grain": "week", "value": 1e9},
    ]
    return shop_config("sales", "sales", "*.csv", targets=targets)


@pytest.fixture
def con(analysis_con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    analysis_con.execute(
        """
        create schema staging; create schema team;
        create table staging.stg_calendar (day date, kind text, name text);
        create table team.team_flow_weeks (project text, week_start date, finished bigint,
            open_items bigint, is_complete boolean);
        """
    )
    return analysis_con


def kpi(
    con: duckdb.DuckDBPyConnection, name: str, way: str, *, shared: float = 0.0, days: Any = DAYS
) -> pd.Series:
    """A KPI by day and month; `shared` of a day's customers come on other days of the month too."""
    rng = np.random.default_rng(7)
    values = pd.Series(np.round(1000 * np.exp(0.05 * rng.standard_normal(len(DAYS))), 2), DAYS)
    values = values.reindex(days)
    con.execute(
        "insert into metrics.catalogue (metric_name, label, unit, role, aggregation, entity_kind, "
        "format) values (?, ?, 'EUR', 'kpi', ?, 'company', ',.0f')",
        [name, name, way],
    )
    index = pd.DatetimeIndex(values.index)
    for day, value in zip(index, values, strict=True):
        observe(con, name, "day", day, value, is_complete=day <= LAST_COMPLETE)
    months = values.groupby(index.to_period("M").start_time).sum() * (1 - shared)
    for month, value in zip(pd.DatetimeIndex(months.index), months, strict=True):
        is_over = month + pd.offsets.MonthEnd() <= LAST_COMPLETE
        observe(con, name, "month", month, value, is_complete=is_over)
    return values


def observe(
    con: duckdb.DuckDBPyConnection,
    name: str,
    grain: str,
    start: pd.Timestamp,
    value: float,
    *,
    is_complete: bool,
) -> None:
    con.execute(
        "insert into metrics.observation_versions values (?, 'company', 'company', '__all__', "
        "'__all__', ?, ?, ?, 'EUR', null, null, null, ?, 'h', false, now(), 'b')",
        [name, grain, start, value, is_complete],
    )


def written(con: duckdb.DuckDBPyConnection, config: HubConfig) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name, frame in forecast_tables(con, config=config, build="b", faults={}).items():
        replace_rows(con, name, frame)
        rows = con.execute(f"select * from insights.{name} order by all")
        names = [column[0] for column in rows.description or []]
        found[name] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return found


def test_a_month_is_forecast_from_its_complete_days_alone(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    values = kpi(con, "revenue", "simple")
    found = written(con, config)
    month, week = sorted(found["forecasts"], key=lambda row: row["grain"])
    seen = values["2026-05-01":LAST_COMPLETE]  # type: ignore[misc]
    assert month["so_far"] == pytest.approx(seen.sum())
    assert (month["days_seen"], month["days_left"], month["days_missing"]) == (20, 11, 0)
    assert str(month["data_through"]) == "2026-05-20"
    assert (str(month["period_start"]), str(month["period_end"])) == ("2026-05-01", "2026-05-31")
    ends = [month[name] for name in ("low_95", "low_80", "expected", "high_80", "high_95")]
    assert ends == sorted(ends)
    assert abs(month["expected"] - seen.sum() - 11_000) < 800
    assert month["chance_simulated"] == 1.0
    assert (week["grain"], week["chance_simulated"]) == ("week", 0.0)
    tried = month["n_back_tests"]
    assert (month["n_as_far_off"], month["chance_is_bound"]) == (0, True)
    assert month["chance_of_target"] == pytest.approx(1 - 1 / (tried + 2))
    assert week["chance_of_target"] == pytest.approx(
        (week["n_as_far_off"] + 1) / (week["n_back_tests"] + 2)
    )
    days = [row for row in found["forecast_days"] if row["grain"] == "month"]
    assert len(days) == 31
    assert sum(day["actual"] is not None for day in days) == 20
    assert month["n_back_tests"] > 3
    assert 0.0 <= month["coverage_80"] <= month["coverage_95"] <= 1.0
    assert month["error"] < 0.1
    tests = [row for row in found["forecast_back_tests"] if row["grain"] == "month"]
    assert len(tests) == month["n_back_tests"]
    assert all(row["origin"] < row["period_start"] + pd.Timedelta(days=31) for row in tests)


@pytest.mark.parametrize(
    ("way", "shared", "why"), [("ratio", 0.0, "ratio"), ("simple", 0.1, "counts the same one once")]
)
def test_what_does_not_add_up_is_refused_with_its_reason(
    con: duckdb.DuckDBPyConnection, config: HubConfig, way: str, shared: float, why: str
) -> None:
    kpi(con, "customers", way, shared=shared)
    found = written(con, config)
    (row,) = found["forecasts"]
    assert why in row["reason"]
    assert row["expected"] is None
    assert found["forecast_days"] == []


def test_earlier_forecasts_are_asked_again_only_when_their_past_changed(
    con: duckdb.DuckDBPyConnection, config: HubConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = kpi(con, "revenue", "simple")
    config = config.model_copy(update={"targets": []})
    first = written(con, config)
    asked: list[int] = []
    real = forecast_insights.back_test

    def counted(history: pd.Series, **options: Any) -> Any:
        asked.append(len(history))
        return real(history, **options)

    monkeypatch.setattr(forecast_insights, "back_test", counted)
    assert written(con, config) == first
    next_day = LAST_COMPLETE + pd.Timedelta(days=1)
    observe(con, "revenue", "day", next_day, float(values.iloc[-1]), is_complete=True)
    later = written(con, config)
    assert asked == []
    assert later["forecasts"][0]["days_seen"] == 21
    assert later["forecast_back_tests"] == first["forecast_back_tests"]
    observe(con, "revenue", "day", DAYS[40], 5000.0, is_complete=True)
    observe(con, "revenue", "month", pd.Timestamp("2025-12-01"), 0.0, is_complete=False)
    written(con, config)
    assert len(asked) == 1


def test_a_kpi_too_young_says_what_is_missing(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    kpi(con, "revenue", "simple", days=DAYS[-30:])
    row = written(con, config)["forecasts"][0]
    assert row["expected"] is None
    assert row["reason"]
    assert row["more_needed"]


def test_delivery_is_forecast_from_complete_weeks(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    weeks = pd.date_range("2026-01-05", periods=20, freq="7D")
    for at, week in enumerate(weeks):
        is_last = at == len(weeks) - 1
        con.execute(
            "insert into team.team_flow_weeks values ('P', ?, ?, 12, ?)",
            [week, 100 if is_last else 3 + at % 2, not is_last],
        )
    rows = written(con, config)["delivery_forecasts"]
    done = {row["certainty"]: row for row in rows if row["question"] == "when done"}
    assert set(done) == {0.5, 0.85, 0.95}
    assert {row["remaining"] for row in done.values()} == {12}
    assert done[0.5]["answer_weeks"] in (3, 4)
    assert done[0.5]["answer_weeks"] <= done[0.85]["answer_weeks"] <= done[0.95]["answer_weeks"]
    assert done[0.95]["n_weeks"] == 19
    assert done[0.95]["finish_by"] > weeks[-1].date()
    many = {row["certainty"]: row for row in rows if row["weeks"] == 4}
    assert many[0.5]["answer_items"] >= many[0.85]["answer_items"] >= many[0.95]["answer_items"]
    assert 12 <= many[0.95]["answer_items"] <= 16
    assert json.loads(many[0.95]["caveats"])


def test_a_young_project_says_why_there_is_no_answer(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    con.execute("insert into team.team_flow_weeks values ('P', '2026-01-05', 3, 2, true)")
    rows = written(con, config)["delivery_forecasts"]
    assert rows
    assert all(row["answer_weeks"] is None and row["answer_items"] is None for row in rows)
    assert all("complete weeks" in row["reason"] for row in rows)


def test_a_hub_without_kpis_and_issues_has_empty_tables(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    assert not any(written(con, config).values())
