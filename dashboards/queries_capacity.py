"""What does a page read of a service's capacity, cost and incidents?"""

from __future__ import annotations

import pandas as pd

from dashboards.queries import read
from hub.warehouse import PublishedBuild


def capacity_days(build: PublishedBuild, service: str, first: object, last: object) -> pd.DataFrame:
    """Traffic, latency, instances, CPU and cost of a service by day, first to last."""
    return _of_days(build, "mart_capacity_days", service, first, last, day="day", at="day")


def capacity_hours(
    build: PublishedBuild, service: str, first: object, last: object
) -> pd.DataFrame:
    """The same by hour, without cost, which is billed by day."""
    return _of_days(
        build, "mart_capacity_hours", service, first, last, day="local_day", at="hour_start"
    )


def scaling_steps(build: PublishedBuild, service: str, first: object, last: object) -> pd.DataFrame:
    """When a service was scaled, from how many instances to how many."""
    return _of_days(
        build,
        "mart_scaling_steps",
        service,
        first,
        last,
        day="day",
        at="changed_at",
        columns="changed_at, day, instances_before, instances_after, is_after_gap",
    )


def _of_days(
    build: PublishedBuild,
    mart: str,
    service: str,
    first: object,
    last: object,
    *,
    day: str,
    at: str,
    columns: str = "*",
) -> pd.DataFrame:
    """A service's rows of a mart whose column `day` is from first to last, in the order of `at`."""
    return read(
        build,
        f"""
        select {columns} from marts.{mart}
        where service = ? and {day} between cast(? as date) and cast(? as date)
        order by {at}
        """,
        service,
        str(first)[:10],
        str(last)[:10],
    )


def incidents(build: PublishedBuild, service: str, first: object, last: object) -> pd.DataFrame:
    """The incidents of a service, and those that name none, that touch these days."""
    return read(
        build,
        """
        select
            incident_id, service, title_pattern, severity, status, is_open, started_at, ended_at,
            minutes_to_resolve, release_component, release_version
        from marts.mart_incidents
        where
            service in (?, 'unknown')
            and started_on <= cast(? as date)
            and (is_open or coalesce(ended_at, started_at) >= cast(? as date))
        order by started_at
        """,
        service,
        str(last)[:10],
        str(first)[:10],
    )
