"""Generated services, delivery, data health and events in the columns of their marts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.dashboards.generated_success import FIRST, LAST

SILENT_DAYS = (pd.Timestamp("2025-02-10"), pd.Timestamp("2025-02-11"))
RENDERED_HALF_SINCE = pd.Timestamp("2025-01-20")
TABLET_SINCE = pd.Timestamp("2025-02-03")
Frames = dict[str, pd.DataFrame]


def services() -> Frames:
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
    frame["k_viewed"] = frame["k_rendered"] * 0.4
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
            "lines": [77],
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


def delivery() -> Frames:
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
            "lead_time_days_p50": [6.0 + i % 3 for i in range(n)],
            "lead_time_days_p85": [15.0 + i % 5 for i in range(n)],
            "n_approximate": 1,
            "is_approximate": True,
            "finished_approximate": 1,
            "open_approximate": 0,
            "straight_to_done": [1] + [0] * (n - 1),
            "reopenings": [2] + [0] * (n - 1),
            "active_days": 6.0,
            "elapsed_days": 8.0,
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
    return {
        "mart_delivery_weeks": frame,
        "mart_delivery_open_items": items,
        "mart_delivery_items": _finished_items(),
        "mart_delivery_months": _dora_months(),
        "mart_delivery_incidents": _incidents(),
        "mart_delivery_sprints": _sprints(),
        "mart_delivery_issue_releases": _issue_releases(),
    }


def _finished_items() -> pd.DataFrame:
    shared = {"project": "SHOP", "issue_type": "Story", "created_on": FIRST, "finished_on": LAST}
    return pd.DataFrame(
        [
            {**shared, "issue_key": "SHOP-91", "cycle_time_days": 3.5, "is_approximate": False},
            {**shared, "issue_key": "SHOP-92", "cycle_time_days": 40.0, "is_approximate": True},
        ]
    )


def _dora_months() -> pd.DataFrame:
    """Two complete months, one of them without a release, and one that is filling."""
    starts = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01"])
    frame = pd.DataFrame(
        {
            "month_start": starts,
            "deployments": [0, 8, 2],
            "deployments_judged": [0, 8, 2],
            "failed_deployments": [0, 2, 0],
            "rework_deployments": [0, 1, 0],
            "change_fail_rate": [None, 0.25, 0.0],
            "deployment_rework_rate": [None, 0.125, 0.0],
            "change_lead_time_days_p50": [None, 6.5, None],
            "n_lead_times": [0, 12, 0],
            "done_to_release_days_p50": [None, 2.0, None],
            "n_waits": [0, 14, 0],
            "n_without_start": [0, 2, 0],
            "recovery_hours_p50": [None, 3.0, None],
            "n_recoveries": [0, 1, 0],
            "is_complete": [True, True, False],
        }
    )
    return pd.concat([frame.assign(scope=scope) for scope in ("SHOP", "__all__")])


def _incidents() -> pd.DataFrame:
    at = LAST.tz_localize("UTC")
    kinds = ("named by the incident", "last release before it", "unattributed")
    return pd.DataFrame(
        {
            "source": "incidents",
            "incident_id": ["INC-1", "INC-2", "INC-3"],
            "service": "reco-api",
            "severity": "high",
            "started_at": at,
            "started_on": LAST,
            "resolved_at": at + pd.Timedelta(hours=3),
            "hours_to_resolve": 3.0,
            "attribution": kinds,
            "component": ["reco-api", "reco-api", None],
            "version": ["2.1.0", "2.1.0", None],
            "released_at": [at, at, pd.NaT],
        }
    )


def _sprints() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": "jira",
            "project": "SHOP",
            "sprint_id": ["7", "8"],
            "sprint_name": ["SHOP Sprint 7", "SHOP Sprint 8"],
            "started_on": pd.to_datetime(["2025-02-24", "2025-03-10"]),
            "ended_on": pd.to_datetime(["2025-03-10", "2025-03-12"]),
            "is_complete": [True, False],
            "committed": [10, 8],
            "completed_committed": [7, 2],
            "completed": [9, 2],
            "added": [3, 1],
            "carried_over": [3, 7],
            "removed": [1, 0],
            "approximate_items": [2, 0],
            "kept_ratio": [0.7, 0.25],
        }
    )


def _issue_releases() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "project": "SHOP",
            "issue_key": ["SHOP-91"],
            "issue_type": ["Story"],
            "link_kind": ["fix version"],
            "model": ["reco-api"],
            "version": ["2.1.0"],
            "released_on": [LAST],
            "days_from_start": [5.0],
            "days_from_done": [1.5],
            "effect_id": ["none"],
            "effect_kind": [None],
            "effect_on": [None],
            "effect_of": [None],
            "effect_words": [None],
            "effects": [0],
        }
    )


def data_health() -> Frames:
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
            "drift": [None, '{"new": ["trace"], "retyped": {"status": "number -> text"}}'],
        }
    )
    kpis = pd.DataFrame(
        {
            "metric_name": ["revenue", "visits"],
            "label": ["Revenue", "Visits"],
            "owner": "Sales",
            "kind": ["sales", "web"],
            "source": ["orders", "none"],
            "records": [1000.0, None],
            "loaded": [990.0, None],
            "quarantined": [8.0, None],
            "data_through": [end, pd.NaT],
            "missing_days": [0, 0],
        }
    )
    rhythm = pd.DataFrame(
        {
            "source": ["orders", "logs", "issues"],
            "kind": ["sales", "service_logs", "jira"],
            "deliveries": [2, 90, 1],
            "usual_gap_days": [30.0, 1.0, None],
            "longest_gap_days": [30.0, 3.0, None],
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
    exclusions = pd.DataFrame(
        {
            "source": "orders",
            "excluded_as": ["rule", "no_rate"],
            "excluded_by": ["test accounts", "XAU"],
            "currency": ["EUR", "XAU"],
            "files": 1,
            "order_lines": [12, 1],
            "amount": [340.0, None],
            "first_day": FIRST,
            "last_day": LAST,
        }
    )
    issues = pd.DataFrame(
        {
            "source": "jira",
            "excluded_as": ["other_source", "sprint_name"],
            "excluded_by": ["desk", "Sprint 1"],
            "issues": [2, 1],
            "example_issue": ["PAY-1", "PAY-3"],
            "first_day": FIRST,
            "last_day": LAST,
        }
    )
    parts = {
        "exclusions": exclusions,
        "issues": issues,
        "sources": sources,
        "files": files,
        "rhythm": rhythm,
        "quarantine": quarantine,
        "gaps": gaps,
        "checks": checks,
        "releases": releases,
        "kpis": kpis,
    }
    return {f"mart_data_health_{name}": frame for name, frame in parts.items()}


def releases_and_calendar() -> Frames:
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
