"""What does the catalogue read: metrics, their history, where they are used, sources and files?"""

from __future__ import annotations

import pandas as pd

from dashboards.build_columns import MartMissing
from dashboards.queries import read
from hub.warehouse import PublishedBuild

MOST_REDEFINED = 500


def metrics(build: PublishedBuild) -> pd.DataFrame:
    """Every metric with its definition, business first."""
    return read(
        build,
        """
        select * from metrics.catalogue
        order by
            case layer when 'company' then 0 when 'platform' then 1 else 2 end,
            role <> 'kpi', label, metric_name
        """,
    )


def values(build: PublishedBuild, metric: str) -> pd.DataFrame:
    """How many values of a metric are stored, of what and from when to when, by grain."""
    return read(
        build,
        """
        select
            grain, count(distinct entity) as entities, count(*) as stored_values,
            min(period_start) as first_period, max(period_start) as last_period
        from metrics.observations
        where metric_name = ?
        group by grain
        order by stored_values desc
        """,
        metric,
    )


def definitions(build: PublishedBuild, metric: str) -> pd.DataFrame:
    """Every definition a metric has had, newest first."""
    return read(
        build,
        "select * from metrics.definitions where metric_name = ? order by used_from desc",
        metric,
    )


def redefined(build: PublishedBuild, metric: str) -> pd.DataFrame:
    """Values under an earlier definition beside today's, newest first, whole company first."""
    return read(
        build,
        """
        select * from metrics.redefined_values
        where metric_name = ?
        order by segment_name <> '__all__', period_start desc, grain, entity, segment_value
        limit ?
        """,
        metric,
        MOST_REDEFINED,
    )


def redefined_counts(build: PublishedBuild) -> pd.DataFrame:
    """How many published values each metric has under an earlier definition."""
    return read(
        build,
        """
        select metric_name, count(*) as redefined_values
        from metrics.redefined_values group by metric_name order by metric_name
        """,
    )


def lineage(build: PublishedBuild, metric: str) -> pd.DataFrame | None:
    """The way of a metric from files to pages: a row a step, in the order of the way.

    `reads` names, as JSON, the steps before that a step reads. None of a build whose version
    followed no way.
    """
    try:
        return read(
            build,
            """
            select stage, name, about, reads
            from metrics.lineage where metric_name = ? order by place
            """,
            metric,
        )
    except MartMissing:
        return None


def has_success(build: PublishedBuild, metric: str) -> bool:
    """Whether *Success metrics* has a card of it."""
    rows = read(
        build, "select 1 from marts.mart_success_metrics where metric_name = ? limit 1", metric
    )
    return len(rows) > 0


def entities(build: PublishedBuild, metric: str) -> list[str]:
    """What a metric is known of: models, services, projects; most values first."""
    rows = read(
        build,
        """
        select entity from metrics.observations
        where metric_name = ? group by entity order by count(*) desc, entity
        """,
        metric,
    )
    return [str(each) for each in rows["entity"]]


def links_of(build: PublishedBuild, metric: str) -> pd.DataFrame:
    """The links in which a metric is either side: how many by verdict."""
    return read(
        build,
        """
        select verdict, count(*) as links
        from marts.mart_what_moves_sales where metric_name = $1 or kpi = $1
        group by verdict order by links desc, verdict
        """,
        metric,
    )


def sources(build: PublishedBuild) -> pd.DataFrame:
    """Every source that has delivered or is in hub.yml: records, files and how far it reaches."""
    return read(build, "select * from marts.mart_data_health_sources order by kind, source")


def files(build: PublishedBuild, source: str) -> pd.DataFrame:
    """A source's files, newest first."""
    return read(
        build,
        """
        select * from marts.mart_data_health_files
        where source = ? order by last_at desc nulls last, file
        """,
        source,
    )


def source_columns(build: PublishedBuild, source: str) -> pd.DataFrame | None:
    """The columns that a source's records carry, and in how many rows each is filled.

    The row of a table without a `column_name` stands for the fields nobody declared: `filled`
    rows carry some, of at least `fields` names. None of a build whose version counted nothing.
    """
    try:
        return read(
            build,
            """
            select table_name, column_name, data_type, field, rows, filled, fields
            from meta.source_columns where source = ?
            order by
                max(rows) over (partition by table_name) desc, table_name,
                filled desc, column_name nulls last
            """,
            source,
        )
    except MartMissing:
        return None
