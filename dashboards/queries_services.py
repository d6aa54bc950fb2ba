"""What does *Service health* read of objectives, versions, errors and callers of one service?"""

from __future__ import annotations

import pandas as pd

from dashboards.queries import read
from hub.warehouse import PublishedBuild


def budget_days(build: PublishedBuild, service: str) -> pd.DataFrame:
    """What each day burned and what was left of the budget, of the longest window."""
    return read(
        build,
        """
        select * from marts.mart_service_budget_days
        where service = ? and window_days = (
            select max(window_days) from marts.mart_service_budget_days where service = ?
        )
        order by day
        """,
        service,
        service,
    )


def burn_rules(build: PublishedBuild, service: str) -> pd.DataFrame:
    """The burn-rate rules of a service as they stand where the data end, the quickest first."""
    return read(
        build,
        "select * from marts.mart_service_burn where service = ? "
        "order by burn_limit desc, objective",
        service,
    )


def alerts(build: PublishedBuild, service: str) -> pd.DataFrame:
    """The episodes in which a rule fired, newest first."""
    return read(
        build,
        """
        select * from marts.mart_service_alerts
        where service = ? order by started_at desc, burn_limit desc, objective
        """,
        service,
    )


def endpoints(build: PublishedBuild, service: str) -> pd.DataFrame:
    """Rate, errors and duration by endpoint and version, newest version first."""
    return read(
        build,
        """
        select * from marts.mart_service_endpoints
        where service = ?
        order by max(first_seen) over (partition by version) desc, requests desc, endpoint
        """,
        service,
    )


def endpoint_days(build: PublishedBuild, service: str) -> pd.DataFrame:
    """Rate, errors and duration by day, endpoint and version, newest day first."""
    return read(
        build,
        """
        select
            period_start as day, endpoint, version, requests, errors, error_ratio,
            latency_ms_p50, latency_ms_p95, latency_ms_p99, is_complete
        from marts.mart_service_endpoint_periods
        where service = ? and grain = 'day'
        order by period_start desc, requests desc, endpoint, version
        """,
        service,
    )


def error_versions(build: PublishedBuild, service: str) -> pd.DataFrame:
    """Masked errors by version, newest first."""
    return read(
        build,
        """
        select * from marts.mart_service_error_versions
        where service = ? order by first_seen desc, lines desc, pattern
        """,
        service,
    )


def callers(build: PublishedBuild, service: str) -> pd.DataFrame:
    """Who asks, the busiest first."""
    return read(
        build,
        "select * from marts.mart_service_callers where service = ? order by requests desc, caller",
        service,
    )


def models(build: PublishedBuild, service: str) -> pd.DataFrame:
    """Whether each model version answered as designed, newest first."""
    return read(
        build,
        "select * from marts.mart_service_models where service = ? order by first_seen desc",
        service,
    )
