"""What is published of finished items, deployments, incidents, sprints and released work?"""

from __future__ import annotations

import pandas as pd

from dashboards.queries import read
from dashboards.queries_periods import wide
from hub.warehouse import PublishedBuild

EVERY_COMPONENT = "__all__"
# the columns of `mart_delivery_weeks` that are stored by month too: metric and field
STORED = {
    "finished": ("throughput", "metric_value"),
    "created": ("created_issues", "metric_value"),
    "open_items": ("open_items", "metric_value"),
    "wip": ("wip", "metric_value"),
    "cycle_time_days_p50": ("cycle_time_days_p50", "metric_value"),
    "cycle_time_days_p85": ("cycle_time_days_p85", "metric_value"),
    "lead_time_days_p50": ("lead_time_days_p50", "metric_value"),
    "n_finished_with_cycle": ("cycle_time_days_p50", "sample_size"),
    "n_approximate": ("approximate_share", "numerator"),
}


def items(build: PublishedBuild, project: str) -> pd.DataFrame:
    """A project's finished items with the times of their way, newest first."""
    return read(
        build,
        """
        select * from marts.mart_delivery_items
        where project = ? order by finished_on desc, issue_key
        """,
        project,
    )


def months(build: PublishedBuild, scope: str) -> pd.DataFrame:
    """DORA's five by month of a project's components, or of every component."""
    return read(
        build,
        "select * from marts.mart_delivery_months where scope = ? order by month_start",
        scope,
    )


def incidents(build: PublishedBuild) -> pd.DataFrame:
    """Every incident with the release that it is attributed to, newest first."""
    return read(build, "select * from marts.mart_delivery_incidents order by started_at desc")


def sprints(build: PublishedBuild, project: str) -> pd.DataFrame:
    """A project's sprints that began, oldest first."""
    return read(
        build,
        "select * from marts.mart_delivery_sprints where project = ? order by started_on",
        project,
    )


def issue_releases(build: PublishedBuild, project: str) -> pd.DataFrame:
    """What each item of a project went out with, newest first."""
    return read(
        build,
        """
        select * from marts.mart_delivery_issue_releases
        where project = ? order by released_on desc, model, version, issue_key
        """,
        project,
    )


def flow_months(build: PublishedBuild, project: str) -> pd.DataFrame:
    """Flow of a project by month, in the columns of its weeks; percentiles are the month's own."""
    months = wide(build, project, STORED, "month", start="month_start")
    return months.assign(is_approximate=months["n_approximate"].fillna(0) > 0)
