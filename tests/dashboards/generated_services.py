"""Generated services with objectives, alerts, callers and masked errors by version."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.dashboards import generated_operations
from tests.dashboards.generated_success import LAST

Frames = dict[str, pd.DataFrame]
SERVICE = "reco-api"
BAD_DAY = pd.Timestamp("2025-03-02")
BUDGET = 0.005


def services() -> Frames:
    """Every mart of *Service health*."""
    frames = generated_operations.services()
    days = frames["mart_service_days"].assign(
        apdex=0.97,
        apdex_ms=500.0,
        served_ratio=1.0,
        viewed_ratio=0.4,
        unknown_platform_ratio=0.0,
    )
    days["apdex_requests"] = days["requests"]
    days["apdex_points"] = days["requests"] * 0.97
    versions = frames["mart_service_versions"]
    before = versions["previous_version"].notna()
    versions = versions.assign(
        stint=range(1, len(versions) + 1),
        requests_per_second=0.01,
        errors=4,
        latency_ms_p50=40.0,
        latency_ms_p99=250.0,
        previous_requests=np.where(before, 1000.0, np.nan),
        previous_error_ratio=np.where(before, 0.003, np.nan),
        previous_latency_ms_p50=np.where(before, 41.0, np.nan),
        previous_latency_ms_p95=np.where(before, 110.0, np.nan),
        previous_latency_ms_p99=np.where(before, 240.0, np.nan),
        error_ratio_change=np.where(before, 0.001, np.nan),
        error_ratio_change_low=np.where(before, -0.002, np.nan),
        error_ratio_change_high=np.where(before, 0.004, np.nan),
        new_patterns=[0, 0, 1, 0],
    )
    return {
        **frames,
        "mart_service_days": days,
        "mart_service_versions": versions,
        "mart_service_budget_days": _budget_days(days),
        "mart_service_burn": _burn(),
        "mart_service_alerts": _alerts(),
        "mart_service_endpoints": _endpoints(versions),
        "mart_service_endpoint_periods": _endpoint_periods(versions, days),
        "mart_service_error_versions": _error_versions(frames["mart_service_errors"]),
        "mart_service_callers": _callers(),
        "mart_service_models": _models(),
    }


def _budget_days(days: pd.DataFrame) -> pd.DataFrame:
    left = np.linspace(0.6, -0.3, len(days))
    return pd.DataFrame(
        {
            "service": SERVICE,
            "window_days": 28,
            "objective": 1 - BUDGET,
            "day": days["day"],
            "requests": days["requests"],
            "errors": days["errors"],
            "burn_rate": days["error_ratio"] / BUDGET,
            "window_requests": 28000,
            "window_errors": 112,
            "budget_left": left,
            "days_seen": 26,
            "is_complete": days["is_complete"],
        }
    )


def _burn() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "service": SERVICE,
            "objective": 1 - BUDGET,
            "rule": ["page_1h", "page_6h", "ticket_3d"],
            "severity": ["page", "page", "ticket"],
            "long_window": ["1h", "6h", "3d"],
            "short_window": ["5m", "30m", "6h"],
            "minutes_of_window": [60, 360, 4320],
            "minutes_of_short_window": [5, 30, 360],
            "burn_limit": [14.4, 6.0, 1.0],
            "long_burn_rate": [0.0, 2.0, 3.5],
            "short_burn_rate": [0.0, 8.0, 2.0],
            "requests": [45, 270, 3000],
            "minutes_seen": [31, 200, 2400],
            "is_data_missing": [False, True, False],
            "is_burning": [False, False, True],
            "least_requests": [100.0, 100.0, 200.0],
            "as_of": LAST.tz_localize("UTC"),
            "state": ["too few requests", "quiet", "firing"],
            "data_through": LAST.tz_localize("UTC"),
        }
    )


def _alerts() -> pd.DataFrame:
    start = BAD_DAY.tz_localize("UTC") + pd.Timedelta(hours=10)
    hours = pd.to_timedelta([0, 2], unit="h")
    return pd.DataFrame(
        {
            "service": SERVICE,
            "objective": 1 - BUDGET,
            "rule": ["page_6h", "ticket_3d"],
            "severity": ["page", "ticket"],
            "episode": 1,
            "started_at": start + hours,
            "ended_at": [start + pd.Timedelta(hours=3), pd.NaT],
            "last_fired_at": start + pd.Timedelta(hours=3),
            "firing_minutes": [135, 45],
            "burn_limit": [6.0, 1.0],
            "peak_burn_rate": [84.1, 3.5],
            "peak_at": start + pd.Timedelta(hours=2),
            "requests_at_peak": [145, 3000],
            "errors_at_peak": [61, 52],
            "least_minutes_seen": [79, 2400],
            "minutes_of_window": [360, 4320],
            "is_data_missing": [True, False],
            "state_now": ["quiet", "firing"],
        }
    )


def _endpoints(versions: pd.DataFrame) -> pd.DataFrame:
    newest = versions.drop_duplicates("version")
    return pd.DataFrame(
        {
            "service": SERVICE,
            "endpoint": "/v1/recommendations",
            "version": newest["version"],
            "first_seen": newest["first_seen"],
            "last_seen": newest["last_seen"],
            "requests": 1000,
            "requests_per_second": 0.01,
            "errors": 4,
            "error_ratio": 0.004,
            "latency_ms_p50": 40.0,
            "latency_ms_p95": 120.0,
            "latency_ms_p99": 250.0,
        }
    )


def _endpoint_periods(versions: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    each = _endpoints(versions).drop(columns=["first_seen", "last_seen", "requests_per_second"])
    known = days[["day", "is_complete"]].tail(3).rename(columns={"day": "period_start"})
    return each.merge(known, how="cross").assign(grain="day", timed_requests=1000)


def _error_versions(errors: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(
        [
            errors.assign(version="1.2", lines=70, is_first_version=True),
            errors.assign(version="1.1", lines=7, is_first_version=False),
        ]
    ).assign(lines_per_request=0.07)[
        [
            "service",
            "version",
            "pattern",
            "status",
            "lines",
            "lines_per_request",
            "first_seen",
            "last_seen",
            "is_first_version",
        ]
    ]


def _callers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "service": SERVICE,
            "caller": ["shop", "mailer", "0123456789abcdef0123456789abcdef"],
            "is_named": [True, True, False],
            "requests": [6000, 3000, 500],
            "share_of_requests": [0.6, 0.3, 0.05],
            "requests_in_28_days": [1700, 800, 100],
            "error_ratio": 0.004,
            "fallback_ratio": 0.02,
            "empty_ratio": 0.001,
            "first_seen": BAD_DAY.tz_localize("UTC"),
            "last_seen": LAST.tz_localize("UTC"),
        }
    )


def _models() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "service": [SERVICE],
            "model": "recommender",
            "model_version": "2.0.0",
            "first_seen": BAD_DAY.tz_localize("UTC"),
            "last_day": LAST,
            "requests": 9500,
            "fallback_ratio": 0.02,
            "empty_ratio": 0.001,
            "served_ratio": 0.99,
            "rendered_ratio": 0.5,
            "viewed_ratio": 0.4,
            "unknown_platform_ratio": 0.0,
        }
    )
