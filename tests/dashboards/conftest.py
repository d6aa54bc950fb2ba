"""A small published build with generated values, in exactly the columns of the marts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from hub.home import HOME_VARIABLE, HubHome
from hub.warehouse import PublishedBuild, publish

HUB_YML = """
company: Test & Co
time_zone: Europe/Berlin
currency: EUR
sources:
  - {name: orders, kind: sales, path: "exports/sales/*.csv", fresh_within: 2d}
  - {name: logs, kind: service_logs, path: "exports/logs/*.jsonl"}
  - {name: issues, kind: jira, path: "exports/jira/*.csv"}
targets:
  - {metric: revenue, grain: month, value: 29000}
"""
FIRST, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-03-12")
SILENT_DAYS = (pd.Timestamp("2025-02-10"), pd.Timestamp("2025-02-11"))
RENDERED_HALF_SINCE = pd.Timestamp("2025-01-20")
TABLET_SINCE = pd.Timestamp("2025-02-03")
Frames = dict[str, pd.DataFrame]

KPIS = {
    "revenue": ("Revenue", "Value of all sold lines.", "EUR", "up", "kpi", ",.0f"),
    "orders": ("Orders", "Orders with a sold line.", "orders", "up", "kpi", ",.0f"),
    "return_rate": ("Return rate", "Returns by revenue.", "ratio", "down", "guardrail", ".2%"),
}


def _sales_days() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    days = pd.date_range(FIRST, LAST, freq="D")
    parts = []
    for country, channel, level in (
        ("DE", "web", 500.0),
        ("DE", "app", 200.0),
        ("FR", "web", 180.0),
        (None, "app", 60.0),
    ):
        growth = np.linspace(1, 1.4, len(days)) * (1 + 0.1 * np.sin(days.day_of_week))
        revenue = level * growth * rng.normal(1, 0.05, len(days))
        parts.append(
            pd.DataFrame(
                {
                    "day": days,
                    "country": country or "__null__",
                    "channel": channel,
                    "revenue": revenue,
                    "orders": np.round(revenue / 40),
                    "returns": revenue * rng.uniform(0.02, 0.06, len(days)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _success_metrics() -> pd.DataFrame:
    days = _sales_days()
    starts = {
        "day": days["day"],
        "week": days["day"] - pd.to_timedelta(days["day"].dt.day_of_week, unit="D"),
        "month": days["day"].dt.to_period("M").dt.to_timestamp(),
    }
    ends = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(days=7)}
    parts = []
    for grain, start in starts.items():
        placed = days.assign(period_start=start, __all__="__all__")
        for segment in ("__all__", "country", "channel"):
            keys = ["period_start", segment]
            sums = placed.groupby(keys)[["revenue", "orders", "returns"]].sum().reset_index()
            for metric, about in KPIS.items():
                value = sums["returns"] / sums["revenue"] if metric == "return_rate" else None
                part = pd.DataFrame(
                    {
                        "metric_name": metric,
                        "segment_name": segment,
                        "segment_value": sums[segment],
                        "grain": grain,
                        "period_start": sums["period_start"],
                        "value": sums[metric] if value is None else value,
                        "numerator": None if value is None else sums["returns"],
                        "denominator": None if value is None else sums["revenue"],
                    }
                )
                names = ("label", "description", "unit", "direction", "role", "format")
                part = part.assign(**dict(zip(names, about, strict=True)), owner="Sales")
                end = part["period_start"] + ends.get(grain, pd.DateOffset(months=1))
                part["is_complete"] = end <= LAST + pd.Timedelta(days=1)
                parts.append(_compared(part, grain))
    frame = pd.concat(parts, ignore_index=True)
    is_target = (
        (frame["metric_name"] == "revenue")
        & (frame["grain"] == "month")
        & (frame["segment_name"] == "__all__")
    )
    frame["target"] = np.where(is_target, 29000.0, np.nan)
    return frame


def _compared(part: pd.DataFrame, grain: str) -> pd.DataFrame:
    steps = {"day": (1, 364), "week": (7, 364)}
    known = part[part["is_complete"]].set_index(["segment_value", "period_start"])["value"]
    for name, at in (("previous", 0), ("year_ago", 1)):
        if grain == "month":
            start = part["period_start"] - pd.DateOffset(months=(1, 12)[at])
        else:
            start = part["period_start"] - pd.Timedelta(days=steps[grain][at])
        index = pd.MultiIndex.from_arrays([part["segment_value"], start])
        value = known.reindex(index).to_numpy()
        is_known = part["is_complete"].to_numpy() & ~pd.isna(value)
        part[f"{name}_period_start"] = start.where(is_known)
        part[f"{name}_value"] = np.where(is_known, value, np.nan)
        part[f"change_{name}"] = part["value"] / part[f"{name}_value"] - 1
    return part


def _link(link_id: str, entity: str, metric: str, verdict: str, **other: object) -> dict:
    row: dict[str, object] = {
        "link_id": link_id,
        "metric_name": metric,
        "entity": entity,
        "metric_label": metric.upper().replace("_AT_", "@"),
        "dataset": "holdout",
        "kpi": "revenue",
        "kpi_label": "Revenue",
        "kpi_unit": "EUR",
        "evidence_grade": "releases",
        "is_primary": entity == "ranker",
        "verdict": verdict,
        "verdict_reason": "Because the test data says so.",
        "effect": 1.1,
        "effect_low": 0.6,
        "effect_high": 1.7,
        "effect_unit": "elasticity",
        "money_month": 12345.0,
        "money_month_low": 8123.0,
        "money_month_high": 16432.0,
        "currency": "EUR",
        "log_change": 0.1,
        "p_value": 0.0004,
        "q_value": 0.003,
        "lead_p_value": 0.4,
        "pre_release_p_value": 0.5,
        "lag_days": 5,
        "lag_set_low": 3,
        "lag_set_high": 7,
        "smallest_detectable_effect": 0.7,
        "smallest_effect": 0.3,
        "smallest_detectable_money_month": 4100.0,
        "more_needed": "About 8 more releases.",
        "n_releases": 12,
        "n_days": 430,
        "first_day": FIRST,
        "last_day": LAST,
        "method": "release permutation",
        "caveats": json.dumps(["A caveat with a $ sign and *stars*."]),
        "raw_correlation": 0.8,
        "build_id": "build-1",
        "metric_unit": "score",
        "metric_direction": "up",
        "kpi_direction": "up",
        "experiment_metric": "revenue",
        "experiment_effect": 0.9,
        "experiment_effect_low": 0.2,
        "experiment_effect_high": 1.6,
        "experiment_verdict": "moves",
        "n_experiments": 9,
    }
    return row | other


def _links() -> Frames:
    estimate = ("effect", "effect_low", "effect_high", "experiment_effect")
    money = ("money_month", "money_month_low", "money_month_high")
    lag = ("lag_days", "lag_set_low", "lag_set_high")
    nothing = dict.fromkeys((*estimate, *money, *lag))
    links = pd.DataFrame(
        [
            _link("l1", "ranker", "ndcg_at_10", "moves"),
            _link("l2", "fraud", "auc", "not enough data", **nothing, n_experiments=0),
            _link("l3", "search", "mrr", "confounded", money_month=-900.0, money_month_low=-2000.0),
            _link("l4", "ranker", "recall", "no evidence", money_month=100.0, q_value=0.6),
        ]
    )
    days = pd.date_range(FIRST, LAST, freq="D")
    released = days[20::60]
    level = 0.30 + 0.01 * np.searchsorted(released, days, side="right")
    lags = np.arange(-14, 15)
    effect = np.where(lags > 2, 1.1, 0.05)
    series = pd.DataFrame(
        {
            "link_id": "l1",
            "day": days,
            "metric_value": level,
            "kpi_value": 900 + 800 * level,
            "kpi_whitened": 0.0,
            "is_release": days.isin(released),
        }
    )
    releases = pd.DataFrame(
        {
            "link_id": "l1",
            "released_on": released,
            "version": [f"1.{i}" for i in range(len(released))],
            "metric_before": 0.30,
            "metric_after": 0.31,
            "log_change": 0.03,
            "kpi_log_change": 0.03,
            "kpi_log_change_se": 0.01,
            "is_usable": True,
        }
    )
    return {
        "mart_what_moves_sales": links,
        "mart_link_lags": pd.DataFrame(
            {
                "link_id": "l1",
                "lag_days": lags,
                "effect": effect,
                "low": effect - 0.4,
                "high": effect + 0.4,
            }
        ),
        "mart_link_series": series,
        "mart_link_releases": releases,
    }


def _experiments() -> Frames:
    row = {
        "experiment": "exp-1",
        "model": "ranker",
        "variant": "B",
        "metric": "revenue",
        "started_on": FIRST,
        "ended_on": FIRST + pd.Timedelta(days=14),
        "users_control": 1000,
        "users_treatment": 1010,
        "expected_share": 0.5,
        "sample_ratio_p": 0.7,
        "status": "read out",
        "withheld_reason": None,
        "lift": 0.02,
        "lift_low": 0.0,
        "lift_high": 0.04,
        "lift_se": 0.01,
        "p_value": 0.04,
        "offline_metric": "ndcg_at_10",
        "offline_delta": 0.01,
        "offline_se": 0.002,
        "verdict": "moves",
    }
    withheld = row | {
        "experiment": "exp-2",
        "status": "withheld",
        "withheld_reason": "the split of users was not the planned one",
        "lift": None,
    }
    return {"mart_experiments": pd.DataFrame([row, withheld])}


def _services() -> Frames:
    days = pd.date_range(LAST - pd.Timedelta(days=99), LAST, freq="D")
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"service": "reco-api", "day": days})
    frame["requests"] = rng.integers(800, 1200, len(days)).astype(float)
    frame["errors"] = rng.integers(0, 9, len(days)).astype(float)
    frame["error_ratio"] = frame["errors"] / frame["requests"]
    for name, level in (("p50", 40.0), ("p95", 120.0), ("p99", 250.0)):
        frame[f"latency_ms_{name}"] = level * rng.normal(1, 0.05, len(days))
    frame["fallback_ratio"] = 0.02
    frame["empty_ratio"] = 0.001
    frame["k_asked"] = frame["requests"] * 10
    frame["k_served"] = frame["requests"] * 10
    frame["k_rendered"] = frame["k_served"] * np.where(days < RENDERED_HALF_SINCE, 1.0, 0.5)
    frame["rendered_ratio"] = frame["k_rendered"] / frame["k_served"]
    values = [column for column in frame.columns if column not in ("service", "day")]
    frame.loc[frame["day"].isin(SILENT_DAYS), values] = np.nan
    frame["has_data"] = frame["requests"].notna()
    frame["is_complete"] = frame["day"] < LAST
    hours = pd.date_range(days[-20], periods=20 * 24, freq="h", tz="UTC")
    by_hour = pd.DataFrame({"service": "reco-api", "hour_start": hours, "requests": 45.0})
    by_hour = by_hour.assign(
        local_day=hours.tz_localize(None).normalize(),
        errors=0.0,
        error_ratio=0.0,
        latency_ms_p50=40.0,
        latency_ms_p95=120.0,
        latency_ms_p99=250.0,
    ).iloc[[*range(200), *range(230, len(hours))]]
    seen = [days[0], days[30], days[60], days[62]]
    versions = pd.DataFrame(
        {
            "service": "reco-api",
            "version": ["1.0", "1.1", "1.2", "1.1"],
            "first_seen": pd.DatetimeIndex(seen).tz_localize("UTC"),
            "last_seen": pd.DatetimeIndex([*seen[1:], days[-1]]).tz_localize("UTC"),
            "requests": 1000,
            "error_ratio": 0.004,
            "latency_ms_p95": 120.0,
            "previous_version": [None, "1.0", "1.1", "1.2"],
            "is_rollback": [False, False, False, True],
        }
    )
    slo = pd.DataFrame(
        {
            "service": ["reco-api"],
            "window_days": [28],
            "objective": [0.995],
            "requests": [28000],
            "errors": [112],
            "error_ratio": [0.004],
            "error_budget": [0.005],
            "budget_left": [0.2],
            "burn_rate": [0.8],
            "data_through": [LAST.tz_localize("UTC")],
        }
    )
    errors = pd.DataFrame(
        {
            "service": ["reco-api"],
            "pattern": ["=timeout after <n> ms"],
            "status": [504],
            "first_seen": [days[3].tz_localize("UTC")],
            "last_seen": [days[90].tz_localize("UTC")],
            "requests": [77],
            "example_version": ["1.2"],
        }
    )
    platforms = pd.concat(
        [
            pd.DataFrame({"platform": name, "day": days[days >= since], "requests": level})
            for name, since, level in (("ios", FIRST, 400), ("tablet", TABLET_SINCE, 90))
        ]
    ).assign(service="reco-api", fallback_ratio=0.02, first_seen=TABLET_SINCE.tz_localize("UTC"))
    return {
        "mart_service_days": frame,
        "mart_service_hours": by_hour,
        "mart_service_versions": versions,
        "mart_service_slo": slo,
        "mart_service_errors": errors,
        "mart_service_platforms": platforms,
    }


def _delivery() -> Frames:
    weeks = pd.date_range("2024-09-02", LAST, freq="7D")
    n = len(weeks)
    frame = pd.DataFrame(
        {
            "project": "SHOP",
            "week_start": weeks,
            "created": [5 + i % 4 for i in range(n)],
            "finished": [4 + i % 5 for i in range(n)],
            "open_items": [40 + i for i in range(n)],
            "wip": [None] * (n - 1) + [7.0],
            "cycle_time_days_p50": [3.0 + i % 3 for i in range(n)],
            "cycle_time_days_p85": [9.0 + i % 5 for i in range(n)],
            "n_finished_with_cycle": 4,
            "is_approximate": True,
            "deployments": [i % 3 for i in range(n)],
            "is_complete": weeks + pd.Timedelta(days=7) <= LAST + pd.Timedelta(days=1),
        }
    )
    items = pd.DataFrame(
        {
            "project": "SHOP",
            "issue_key": [f"SHOP-{i}" for i in range(30)],
            "issue_type": "Story",
            "status_category": ["to_do", "in_progress", None] * 10,
            "age_days": np.linspace(1, 200, 30),
            "created_on": LAST,
        }
    )
    return {"mart_delivery_weeks": frame, "mart_delivery_open_items": items}


def _data_health() -> Frames:
    start, end = FIRST.tz_localize("UTC"), LAST.tz_localize("UTC")
    sources = pd.DataFrame(
        {
            "source": ["orders", "logs", "issues", "trials"],
            "kind": ["sales", "service_logs", "jira", "experiments"],
            "files": [2, 3, 1, 0],
            "records": [1000, 5000, 30, 0],
            "loaded": [990, 4990, 30, 0],
            "quarantined": [8, 10, 0, 0],
            "blank": [2, 0, 0, 0],
            "duplicates": [1, 0, 0, 0],
            "first_at": [start, start, start, pd.NaT],
            "data_through": [end, end, end, pd.NaT],
            "last_loaded_at": [end, end, end, pd.NaT],
        }
    )
    files = pd.DataFrame(
        {
            "source": ["orders", "orders"],
            "kind": "sales",
            "file": ["exports/sales/a.csv", "exports/sales/copy.csv"],
            "format": "csv",
            "status": ["loaded", "duplicate"],
            "duplicate_of": [None, "exports/sales/a.csv"],
            "records": [1000, 0],
            "loaded": [990, 0],
            "quarantined": [8, 0],
            "blank": [2, 0],
            "first_at": start,
            "last_at": end,
            "loaded_at": end,
        }
    )
    quarantine = pd.DataFrame(
        {
            "source": ["orders", "logs"],
            "reason": ["bad_number", "malformed_json"],
            "column_name": ["quantity", None],
            "rows": [8, 10],
            "example_file": ["exports/sales/a.csv", "exports/logs/a.jsonl"],
            "example_line": [17, 4],
            "expected": ["a number", "a JSON object"],
        }
    )
    gaps = pd.DataFrame({"source": "logs", "kind": "service_logs", "gap_day": list(SILENT_DAYS)})
    checks = pd.DataFrame(
        {
            "check_name": ["key_is_unique", "values_hold"],
            "model": ["stg_sales_lines", "mart_service_days"],
            "column_name": None,
            "status": ["pass", "fail"],
            "failures": [0, 3],
            "severity": ["error", "warn"],
            "message": ["", "3 rows"],
        }
    )
    releases = pd.DataFrame(
        {
            "model": ["fraud"],
            "version": ["0.9"],
            "released_at": [start],
            "run_id": ["nowhere"],
            "problem": ["no run with this id was delivered"],
        }
    )
    parts = {
        "sources": sources,
        "files": files,
        "quarantine": quarantine,
        "gaps": gaps,
        "checks": checks,
        "releases": releases,
    }
    return {f"mart_data_health_{name}": frame for name, frame in parts.items()}


def _releases_and_calendar() -> Frames:
    days = pd.date_range("2024-02-01", LAST, freq="45D")
    releases = pd.DataFrame(
        {
            "model": "ranker",
            "version": [f"1.{i}" for i in range(len(days))],
            "released_at": days.tz_localize("UTC"),
            "released_on": days,
            "environment": "production",
            "run_id": "r",
            "is_matched": True,
            "match_problem": None,
            "is_rollback": [False] * (len(days) - 1) + [True],
            "kind": "model",
        }
    )
    sale = pd.date_range("2024-11-25", periods=5, freq="D")
    calendar = pd.DataFrame(
        {"day": sale, "kind": "promotion", "name": "Autumn sale", "country": None}
    )
    return {"mart_releases": releases, "mart_calendar": calendar}


@pytest.fixture(scope="session")
def marts() -> Frames:
    """Every mart as a frame, by name."""
    return {
        "mart_success_metrics": _success_metrics(),
        **_links(),
        **_experiments(),
        **_services(),
        **_delivery(),
        **_data_health(),
        **_releases_and_calendar(),
    }


def publish_frames(home: HubHome, frames: Frames, build_id: str) -> PublishedBuild:
    """Write the frames as marts into a warehouse and publish it as the hub does."""
    home.make_var()
    con = duckdb.connect(str(home.warehouse))
    con.execute("set TimeZone = 'UTC'")
    con.execute("create schema if not exists marts")
    for name, frame in frames.items():
        con.register("rows_to_write", frame)
        con.execute(f"create or replace table marts.{name} as from rows_to_write")
        con.unregister("rows_to_write")
    con.close()
    return publish(home, build_id)


@pytest.fixture(scope="session")
def publish_marts() -> Callable[[HubHome, Frames, str], PublishedBuild]:
    """`publish_frames`, for tests that make builds of their own."""
    return publish_frames


@pytest.fixture(scope="session")
def hub_home(tmp_path_factory: pytest.TempPathFactory, marts: Frames) -> HubHome:
    """A home with hub.yml and one published build."""
    home = HubHome(tmp_path_factory.mktemp("home"))
    home.hub_yml.write_text(HUB_YML)
    publish_frames(home, marts, "build-1")
    return home


@pytest.fixture(scope="session")
def build(hub_home: HubHome) -> PublishedBuild:
    """The published build of `hub_home`."""
    from hub.warehouse import published_build

    found = published_build(hub_home)
    assert found is not None
    return found


@pytest.fixture
def at_home(hub_home: HubHome, monkeypatch: pytest.MonkeyPatch) -> HubHome:
    """`hub_home`, named by the environment as the launcher does."""
    monkeypatch.setenv(HOME_VARIABLE, str(hub_home.root))
    return hub_home


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubHome:
    """A home with hub.yml and no build."""
    (tmp_path / "hub.yml").write_text(HUB_YML)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return HubHome(tmp_path)
