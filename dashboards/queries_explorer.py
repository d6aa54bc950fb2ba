"""What does the explorer read of pairs without an estimate? Metrics and their daily values."""

from __future__ import annotations

import pandas as pd

from dashboards.queries import TOTAL, read
from hub.warehouse import PublishedBuild


def model_metrics(build: PublishedBuild) -> pd.DataFrame:
    """Every metric of a model on every data set, with its days; without values, NULL there."""
    return read(
        build,
        """
        select
            known.metric_name, known.label, stored.entity, stored.dataset,
            coalesce(stored.days, 0) as days
        from metrics.catalogue as known
        left join (
            select
                metric_name, entity, segment_value as dataset,
                count(metric_value) as days
            from metrics.observations
            where segment_name = 'dataset' and grain = 'day' and is_complete
            group by metric_name, entity, segment_value
        ) as stored using (metric_name)
        where known.role = 'model_metric'
        order by stored.entity nulls last, known.metric_name, stored.days desc, stored.dataset
        """,
    )


def company_metrics(build: PublishedBuild) -> pd.DataFrame:
    """Every metric of the company: KPIs first; which days of the whole company are complete."""
    return read(
        build,
        """
        with stored as (
            select
                metric_name, count(metric_value) as days,
                min(period_start) as first_day, max(period_start) as last_day
            from metrics.observations
            where entity = 'company' and segment_name = ? and grain = 'day' and is_complete
            group by metric_name
        )

        select
            metric_name, label, role, unit, source_kinds,
            coalesce(days, 0) as days, first_day, last_day
        from metrics.catalogue left join stored using (metric_name)
        where layer = 'company'
        order by role <> 'kpi', label, metric_name
        """,
        TOTAL,
    )


def both_series(
    build: PublishedBuild, metric: str, entity: str, dataset: str, kpi: str
) -> pd.DataFrame:
    """The complete days of a model's metric and of a company metric: `day` and both values."""
    return read(
        build,
        """
        with metric_days as (
            select period_start as day, metric_value
            from metrics.observations
            where metric_name = ? and entity = ? and segment_name = 'dataset'
                and segment_value = ? and grain = 'day' and is_complete
        ),

        kpi_days as (
            select period_start as day, metric_value as kpi_value
            from metrics.observations
            where metric_name = ? and entity = 'company' and segment_name = ?
                and grain = 'day' and is_complete
        )

        select day, metric_value, kpi_value
        from metric_days full join kpi_days using (day)
        order by day
        """,
        metric,
        entity,
        dataset,
        kpi,
        TOTAL,
    )


def releases_of(build: PublishedBuild, model: str) -> pd.DataFrame:
    """The releases of a model, oldest first."""
    return read(
        build,
        "select * from marts.mart_releases where model = ? order by released_at",
        model,
    )
