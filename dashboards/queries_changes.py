"""What do pages read of lasting changes, forecasts, and of what both rest on?"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from dashboards.queries import read
from hub.warehouse import PublishedBuild

COMPANY = "company"


def onset_series(build: PublishedBuild, entity: str) -> pd.DataFrame:
    """The series of an entity that were asked since when they are at their level."""
    return read(
        build,
        """
        select * from marts.mart_onset_series
        where entity = ?
        order by verdict <> 'changed', is_going_on desc, label
        """,
        entity,
    )


def onsets(build: PublishedBuild, entity: str) -> pd.DataFrame:
    """The lasting changes of an entity's series: what goes on first, for the worse first."""
    return read(
        build,
        """
        select * from marts.mart_onsets
        where entity = ? and begins_episode
        order by ended_at is not null, is_worse desc nulls last, onset_at desc, label
        """,
        entity,
    )


def worsened(build: PublishedBuild) -> list[str]:
    """The entities with a series that changed for the worse and stayed there, newest first."""
    rows = read(
        build,
        """
        select entity from marts.mart_onsets
        where begins_episode and is_worse and ended_at is null
        group by entity order by max(onset_at) desc, entity
        """,
    )
    return [str(name) for name in rows["entity"]]


def onset_causes(build: PublishedBuild, onset_id: str) -> pd.DataFrame:
    """What preceded one change, the likeliest first."""
    return read(
        build, "select * from marts.mart_onset_causes where onset_id = ? order by rank", onset_id
    )


def forecasts(build: PublishedBuild, grain: str) -> pd.DataFrame:
    """Where each KPI will stand at the end of the period of this grain, or why nobody knows."""
    return read(
        build, "select * from marts.mart_forecasts where grain = ? order by metric_name", grain
    )


def forecast_days(build: PublishedBuild, metric: str, grain: str) -> pd.DataFrame:
    """The days of the period that is forecast: seen, or expected."""
    return read(
        build,
        "select * from marts.mart_forecast_days where metric_name = ? and grain = ? order by day",
        metric,
        grain,
    )


def forecast_back_tests(build: PublishedBuild, metric: str, grain: str) -> pd.DataFrame:
    """Earlier forecasts of a KPI, made from what was known then, and what came."""
    return read(
        build,
        """
        select * from marts.mart_forecast_back_tests
        where metric_name = ? and grain = ? order by period_start, origin
        """,
        metric,
        grain,
    )


def delivery_forecasts(build: PublishedBuild, project: str) -> pd.DataFrame:
    """When a project's open items are done, and how many it finishes, by certainty."""
    return read(
        build,
        """
        select * from marts.mart_delivery_forecasts
        where project = ? order by question desc, weeks nulls first, certainty
        """,
        project,
    )


def delivery_releases(build: PublishedBuild, project: str) -> pd.DataFrame:
    """What a project's items went out with, and what is known of each release's effect."""
    return read(
        build,
        """
        select * from marts.mart_delivery_releases
        where project = ? order by released_on desc, model, version, effect_id
        """,
        project,
    )


def caveats(row: Any) -> str:
    """The caveats of a published estimate as sentences."""
    told = row["caveats"]
    return "" if told is None or pd.isna(told) else " ".join(json.loads(told))
