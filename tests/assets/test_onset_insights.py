"""Are changes found with what preceded them, told only when they survive the search, kept?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets import onset_insights, onset_series
from assets.insight_rows import replace_rows
from assets.onset_events import measured_event
from assets.onset_insights import judged_together, onset_tables
from hub.config import HubConfig

HOURS = 40 * 24
FIRST = pd.Timestamp("2026-03-01", tz="UTC")
BAD_FROM, BAD_UNTIL = FIRST + pd.Timedelta(hours=700), FIRST + pd.Timedelta(hours=710)
NEW_ON = pd.Timestamp("2026-03-25")

TABLES = """
create schema platform; create schema staging; create schema raw; create schema team;
create table platform.platform_request_hours (service text, hour_start timestamptz,
    requests bigint, errors bigint, latency_ms_p50 double, latency_ms_p95 double);
create table platform.platform_model_usage_days (service text, platform text, requested_on date,
    is_known_platform boolean, first_seen timestamptz, k_served bigint,
    requests_with_answer_known bigint);
create table platform.platform_releases (model text, version text, kind text,
    released_at timestamptz, is_production boolean, is_rollback boolean);
create table staging.stg_watermarks (kind text, newest_at timestamptz);
create table staging.stg_calendar (day date, kind text, name text);
create table staging.stg_experiments (experiment text, model text, started_at timestamptz,
    ended_at timestamptz);
create table staging.stg_jira_issues (issue_key text, issue_type text, created_at timestamptz);
create table raw.loads (source text, kind text, file text, status text, first_at timestamptz,
    detected json);
"""


@pytest.fixture
def config(shop_config: Callable[..., HubConfig]) -> HubConfig:
    return shop_config("logs", "service_logs", "*.jsonl")


@pytest.fixture
def con(analysis_con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    analysis_con.execute(TABLES)
    return analysis_con


def catalogue(con: duckdb.DuckDBPyConnection, name: str, role: str, kind: str, way: str) -> None:
    con.execute(
        "insert into metrics.catalogue (metric_name, label, layer, unit, direction, role, "
        "aggregation, entity_kind, format) values (?, ?, 'platform', 'ratio', ?, ?, ?, ?, '.1%')",
        [name, name, "down" if "ratio" in name else "up", role, kind, way],
    )


def a_service_with_a_bad_deploy(con: duckdb.DuckDBPyConnection) -> None:
    """Forty days of one service; for ten hours after a deploy a third of requests fail."""
    rng = np.random.default_rng(1)
    hours = pd.date_range(FIRST, periods=HOURS, freq="h")
    requests = rng.integers(40, 60, HOURS)
    bad = (hours >= BAD_FROM) & (hours < BAD_UNTIL)
    told = pd.DataFrame(
        {
            "service": "api",
            "hour_start": hours,
            "requests": requests,
            "errors": rng.binomial(requests, np.where(bad, 0.33, 0.01)),
            "latency_ms_p50": 40.0,
            "latency_ms_p95": 80.0 * np.exp(0.1 * rng.standard_normal(HOURS)) * (1 + 2 * bad),
        }
    )
    con.register("told", told)
    con.execute("insert into platform.platform_request_hours select * from told")
    con.execute(
        "insert into staging.stg_watermarks values ('service_logs', ?)",
        [hours[-1] + pd.Timedelta(minutes=30)],
    )
    for version, at, is_rollback in (
        ("1.0", FIRST + pd.Timedelta(days=25), False),
        ("1.1", BAD_FROM + pd.Timedelta(minutes=5), False),
        ("1.0", BAD_UNTIL - pd.Timedelta(minutes=20), True),
    ):
        con.execute(
            "insert into platform.platform_releases values ('api', ?, 'service', ?, true, ?)",
            [version, at, is_rollback],
        )
    catalogue(con, "error_ratio", "service_metric", "ratio", "service")
    catalogue(con, "latency_ms_p95", "service_metric", "precomputed", "service")


def a_share_that_a_new_platform_raises(con: duckdb.DuckDBPyConnection) -> None:
    """Sixty days of fallback answers by platform; from one day on a new one gets no others."""
    rng = np.random.default_rng(2)
    rows: list[tuple[Any, ...]] = []
    for day in pd.date_range("2026-02-01", periods=60):
        by = {"web": (1000, rng.binomial(1000, 0.02))}
        if day >= NEW_ON:
            by["visionos"] = (100, 100)
        both = [("platform", name, whole, part) for name, (whole, part) in by.items()]
        wholes, parts = zip(*by.values(), strict=True)
        both.append(("__all__", "__all__", sum(wholes), sum(parts)))
        rows += [(day, *each) for each in both]
    for day, name, value, whole, part in rows:
        con.execute(
            "insert into metrics.observation_versions values ('fallback_ratio', 'platform', 'api', "
            "?, ?, 'day', ?, ?, 'ratio', ?, ?, ?, true, 'h', false, now(), 'b')",
            [name, value, day, part / whole, part, whole, whole],
        )
    catalogue(con, "fallback_ratio", "service_metric", "ratio", "service")


def written(con: duckdb.DuckDBPyConnection, config: HubConfig) -> dict[str, list[dict[str, Any]]]:
    """The tables of a build, written and read again."""
    found = {}
    for name, frame in onset_tables(con, config=config, build="b", faults={}).items():
        replace_rows(con, name, frame)
        rows = con.execute(f"select * from insights.{name} order by all")
        names = [column[0] for column in rows.description or []]
        found[name] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return found


def local(at: pd.Timestamp) -> pd.Timestamp:
    return at.tz_convert("Europe/Berlin").tz_localize(None)


def test_a_bad_deploy_is_found_by_the_hour_with_its_release_and_its_rollback(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    a_service_with_a_bad_deploy(con)
    found = written(con, config)
    began, ended = (
        o for o in found["onsets"] if o["series_id"] == "api/error_ratio" and o["is_confirmed"]
    )
    assert {cause["onset_id"] for cause in found["onset_causes"]} <= {
        o["onset_id"] for o in found["onsets"] if o["is_confirmed"]
    }
    assert began["onset_at"] == local(BAD_FROM)
    assert began["ended_at"] == ended["onset_at"]
    assert began["onset_low"] <= local(BAD_FROM) <= began["onset_high"]
    assert began["is_worse"]
    assert not ended["is_worse"]
    assert began["begins_episode"]
    assert not ended["begins_episode"]
    causes = {
        (c["onset_id"], c["rank"]): c
        for c in found["onset_causes"]
        if c["series_id"] == "api/error_ratio"
    }
    first = causes[began["onset_id"], 1]
    assert (first["kind"], first["name"], first["is_measured"]) == ("deploy", "api 1.1", False)
    assert causes[ended["onset_id"], 1]["kind"] == "rollback"
    second = causes[began["onset_id"], 2]
    assert (second["kind"], second["is_measured"]) == ("latency", True)


def test_a_new_category_value_is_the_cause_when_the_change_is_gone_without_it(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    a_share_that_a_new_platform_raises(con)
    found = written(con, config)
    (onset,) = found["onsets"]
    assert onset["onset_at"] == NEW_ON
    assert onset["state"] == "still going on"
    first = min(found["onset_causes"], key=lambda cause: cause["rank"])
    assert (first["kind"], first["name"]) == ("unknown category value", "platform visionos")
    assert first["is_segment_share"]
    assert first["share_explained"] > 0.9


def test_the_hour_that_is_not_over_is_left_out(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    a_service_with_a_bad_deploy(con)
    (row,) = (r for r in written(con, config)["onset_series"] if r["metric_name"] == "error_ratio")
    assert row["n_periods"] == HOURS - 1
    assert row["last_at"] == local(FIRST + pd.Timedelta(hours=HOURS - 2))


def test_only_series_whose_values_changed_are_looked_at_again(
    con: duckdb.DuckDBPyConnection, config: HubConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_service_with_a_bad_deploy(con)
    a_share_that_a_new_platform_raises(con)
    first = written(con, config)
    looked: list[int] = []
    real = onset_insights.since_when

    def counted(series: pd.Series, **options: Any) -> Any:
        looked.append(len(series))
        return real(series, **options)

    monkeypatch.setattr(onset_insights, "since_when", counted)
    assert written(con, config) == first
    assert looked == []
    con.execute(
        "update platform.platform_request_hours set latency_ms_p95 = latency_ms_p95 + 1 "
        "where hour_start = ?",
        [FIRST],
    )
    written(con, config)
    assert 1 <= len(looked) <= 2  # alone, and against the events when it changed
    con.execute(
        "insert into platform.platform_releases values ('web', '9', 'service', ?, true, false)",
        [BAD_FROM - pd.Timedelta(days=1)],
    )
    looked.clear()
    again = written(con, config)
    assert looked  # another event is in reach
    assert any(cause["name"] == "web 9" for cause in again["onset_causes"])


def row(p_value: float, verdict: str = "changed") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return (
        {"verdict_alone": verdict, "reason_alone": "It rose.", "p_value": p_value},
        [{"p_value": p_value}, {"p_value": 0.2}] if verdict == "changed" else [],
    )


def test_a_change_that_so_many_looks_bring_by_chance_is_not_told() -> None:
    quiet = [row(np.nan, "no change") for _ in range(30)]
    series, onsets = judged_together([row(1e-9), row(0.03), *quiet, row(np.nan, "not enough data")])
    assert [r["verdict"] for r in series[:2]] == ["changed", "no change"]
    assert "by chance" in series[1]["verdict_reason"]
    assert [o["is_confirmed"] for o in onsets] == [True, False, False, False]
    assert [r["n_changes"] for r in series[:2]] == [1, 0]
    assert series[0]["n_series"] == 32
    alone, _ = judged_together([row(0.03)])
    assert alone[0]["verdict"] == "changed"


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (["a", "a", None, None], "missing column"),
        (["a", "a", "b", "b"], "drifted column"),
        (["a", None, "a", None], None),
        (["a", "a", "a", None], None),
    ],
)
def test_a_column_is_an_event_only_when_it_changes_for_good(
    con: duckdb.DuckDBPyConnection, config: HubConfig, columns: list[str | None], kind: str | None
) -> None:
    from assets.onset_events import recorded_events

    for i, theirs in enumerate(columns):
        fields = {"id": ["id"]} | ({"k": [theirs]} if theirs else {})
        con.execute(
            "insert into raw.loads values ('logs', 'service_logs', ?, 'loaded', ?, ?)",
            [f"{i}.jsonl", FIRST + pd.Timedelta(days=i), {"fields": fields}],
        )
    events = recorded_events(con, config)
    assert events["kind"].tolist() == ([kind] if kind else [])
    if kind:
        assert events["at"].tolist() == [FIRST + pd.Timedelta(days=2)]


def test_days_of_the_calendar_in_a_row_begin_and_end_once(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    from assets.onset_events import recorded_events

    con.execute(
        "insert into staging.stg_calendar values ('2026-03-27', 'promotion', 'Sale'), "
        "('2026-03-28', 'promotion', 'Sale'), ('2026-03-29', 'promotion', 'Sale'), "
        "('2026-04-03', 'holiday', 'Good Friday')"
    )
    events = recorded_events(con, config).sort_values("at")
    assert events["name"].tolist() == ["Sale begins", "Sale ends", "Good Friday"]
    assert events["at"].iloc[1] == pd.Timestamp("2026-03-29T22:00", tz="UTC")


def test_a_hub_without_any_series_has_empty_tables(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    assert {name: len(rows) for name, rows in written(con, config).items()} == {
        "onset_series": 0,
        "onsets": 0,
        "onset_causes": 0,
    }


def test_how_often_unknown_values_come_is_no_unknown_value() -> None:
    at = pd.Timestamp("2026-05-11", tz="UTC")
    metric, label = "unknown_platform_ratio", "Unknown platform share"
    told = measured_event(metric=metric, entity="api", label=label, at=at, size=0.1)
    assert told[1:] == ("share of unknown values", "api Unknown platform share rises", "api")


def returns_that_follow_sales(con: duckdb.DuckDBPyConnection, *, days: int) -> None:
    """A return rate that begins at nothing, for nothing sold before is in the data, then stays."""
    rng = np.random.default_rng(4)
    catalogue(con, "return_rate", "guardrail", "ratio", "company")
    for place, day in enumerate(pd.date_range("2026-01-01", periods=days)):
        sold, value = 8_000.0, 0.04 * min(place / 28, 1.0) * (1 + 0.2 * rng.standard_normal())
        con.execute(
            "insert into metrics.observation_versions values ('return_rate', 'company', 'company', "
            "'__all__', '__all__', 'day', ?, ?, 'ratio', ?, ?, null, true, 'h', false, now(), 'b')",
            [day, value, value * sold, sold],
        )


def test_returns_that_only_begin_are_no_change_of_their_level(
    con: duckdb.DuckDBPyConnection, config: HubConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    returns_that_follow_sales(con, days=200)
    found = written(con, config)
    assert found["onsets"] == []
    (looked,) = found["onset_series"]
    assert looked["first_at"] == pd.Timestamp("2026-02-12")
    assert "The first 42 days are left out" in str(looked["caveats"])
    monkeypatch.setattr(onset_series, "RETURN_DAYS", 0)
    assert [row["is_worse"] for row in written(con, config)["onsets"]][:1] == [False]


def test_returns_of_a_few_weeks_are_not_enough_data(
    con: duckdb.DuckDBPyConnection, config: HubConfig
) -> None:
    returns_that_follow_sales(con, days=30)
    found = written(con, config)
    assert found["onsets"] == []
    assert [row["verdict"] for row in found["onset_series"]] == ["not enough data"]
