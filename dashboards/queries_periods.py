"""What is stored of a service or a project by day, week and month, and of the periods before?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboards.queries import TOTAL, read
from dashboards.view import Segment
from hub.warehouse import PublishedBuild

FIELDS = ("metric_value", "numerator", "denominator", "sample_size")


def compared(
    build: PublishedBuild,
    entity: str,
    metrics: Sequence[str],
    grain: str,
    segment: Segment | None,
) -> pd.DataFrame:
    """Each metric's stored values with those of the period before and of a year ago.

    As on the first page: both periods are complete, or there is nothing to compare; a year before
    a day or week lie 364 days, the same weekday.
    """
    return read(
        build,
        """
        with mine as (
            select
                *,
                period_start - case grain
                    when 'day' then interval 1 day when 'week' then interval 7 day
                    else interval 1 month
                end as before_start,
                period_start - case grain
                    when 'month' then interval 12 month else interval 364 day
                end as year_ago_start
            from metrics.observations
            where entity = ? and grain = ? and segment_name = ? and segment_value = ?
                and list_contains(cast(? as varchar[]), metric_name)
        ),

        complete as (
            select * from mine where is_complete and metric_value is not null
        )

        select
            mine.metric_name, known.label, known.description, known.unit, known.direction,
            known.format, mine.period_start, mine.metric_value as value, mine.numerator,
            mine.denominator, mine.is_complete,
            previous.period_start as previous_period_start,
            previous.metric_value as previous_value,
            year_ago.period_start as year_ago_period_start,
            year_ago.metric_value as year_ago_value,
            cast(null as double) as target
        from mine
        inner join metrics.catalogue as known on known.metric_name = mine.metric_name
        left join complete as previous
            on previous.metric_name = mine.metric_name and mine.is_complete
                and previous.period_start = mine.before_start
        left join complete as year_ago
            on year_ago.metric_name = mine.metric_name and mine.is_complete
                and year_ago.period_start = mine.year_ago_start
        order by mine.metric_name, mine.period_start
        """,
        entity,
        grain,
        *_spelled(segment),
        list(metrics),
    )


def wide(
    build: PublishedBuild,
    entity: str,
    columns: Mapping[str, tuple[str, str]],
    grain: str,
    segment: Segment | None = None,
    *,
    start: str = "period_start",
) -> pd.DataFrame:
    """One row per stored period, its first day in `start`; `columns` name metric and field.

    A field is one of `FIELDS`, else `ValueError`. What is not stored of a period is NULL in it.
    """
    names = [*columns, start]
    if any(field not in FIELDS for _, field in columns.values()):
        raise ValueError(f"a field is one of {', '.join(FIELDS)}")
    if not all(name.isidentifier() for name in names):
        raise ValueError(f"no names of columns: {', '.join(names)}")
    picked = ",\n".join(
        f"max(case when metric_name = ? then {field} end) as {name}"
        for name, (_, field) in columns.items()
    )
    metrics = [metric for metric, _ in columns.values()]
    return read(
        build,
        f"""
        select period_start as {start}, {picked}, bool_and(is_complete) as is_complete
        from metrics.observations
        where entity = ? and grain = ? and segment_name = ? and segment_value = ?
            and list_contains(cast(? as varchar[]), metric_name)
        group by period_start
        order by period_start
        """,
        *metrics,
        entity,
        grain,
        *_spelled(segment),
        metrics,
    )


def segments(build: PublishedBuild, name: str, metric: str) -> tuple[Segment, ...]:
    """The values of a segment that a metric is stored by, the most periods first."""
    rows = read(
        build,
        """
        select segment_value from metrics.observations
        where segment_name = ? and metric_name = ? and grain = 'month'
        group by segment_value
        order by count(*) desc, segment_value
        """,
        name,
        metric,
    )
    return tuple(Segment(name, str(value)) for value in rows["segment_value"])


def _spelled(segment: Segment | None) -> tuple[str, str]:
    return (TOTAL, TOTAL) if segment is None else (segment.name, segment.value)
