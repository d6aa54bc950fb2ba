"""What is stored of a service or a project by day, week and month, and of the periods before?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboards.queries import TOTAL, read
from dashboards.view import Segment
from hub.warehouse import PublishedBuild

FIELDS = ("metric_value", "numerator", "denominator", "sample_size")
ENDS = tuple(f"{of}_change_{end}" for of in ("previous", "year_ago") for end in ("low", "high"))
INTERVALS = {
    "mart_service_periods": ENDS,
    "mart_delivery_periods": tuple(f"cast(null as double) as {each}" for each in ENDS),
}


def compared(
    build: PublishedBuild,
    mart: str,
    entity: str,
    metrics: Sequence[str],
    grain: str,
    segment: Segment | None,
) -> pd.DataFrame:
    """Each metric's stored values with those of the period before and of a year ago.

    A change has a 95 % interval where the mart tells one.

    `mart` is one of `INTERVALS`, else `ValueError`.
    """
    if mart not in INTERVALS:
        raise ValueError(f"a mart is one of {', '.join(INTERVALS)}")
    return read(
        build,
        f"""
        select
            metric_name, label, description, unit, direction, format, period_start, value,
            numerator, denominator, is_complete, previous_period_start, previous_value,
            year_ago_period_start, year_ago_value, cast(null as double) as target,
            {", ".join(INTERVALS[mart])}
        from marts.{mart}
        where entity = ? and grain = ? and segment_name = ? and segment_value = ?
            and list_contains(cast(? as varchar[]), metric_name)
        order by metric_name, period_start
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
