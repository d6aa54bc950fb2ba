"""What do pages read of products, cohorts, and of what a change of revenue consists of?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboards.queries import TOTAL, read
from hub.warehouse import PublishedBuild


def drivers(build: PublishedBuild, grain: str, start: object, comparison: str) -> pd.DataFrame:
    """What the change of revenue into a period consists of: a row by products, one by orders.

    `comparison` is previous or year_ago. No row without two complete periods.
    """
    return read(
        build,
        """
        select * from marts.mart_success_drivers
        where grain = ? and period_start = cast(? as date) and comparison = ?
        order by basis desc
        """,
        grain,
        str(start)[:10],
        comparison,
    )


def year_to_date(build: PublishedBuild, grain: str, start: object) -> pd.DataFrame:
    """By KPI with a target: the sums of its year up to the period that starts then.

    No row of a KPI whose days do not add up, or before a period with a target is over.
    """
    return read(
        build,
        """
        select metric_name, value_to_date, target_to_date, n_counted, n_on_target, n_periods
        from marts.mart_success_year_to_date
        where grain = ? and period_start = cast(? as date)
        order by metric_name
        """,
        grain,
        str(start)[:10],
    )


def product_values(
    build: PublishedBuild, kpi: str, grain: str, starts: Sequence[object]
) -> pd.DataFrame:
    """A KPI's value by product, and of the whole company, in the columns of `segment_values`."""
    days = [str(start)[:10] for start in starts]
    return read(
        build,
        """
        select
            'product' as segment_name,
            case product when '__other__' then 'further products' else product end
                as segment_value,
            period_start, value, cast(null as double) as denominator
        from marts.mart_success_products
        where kpi = ? and grain = ? and list_contains(cast(? as date[]), period_start)
        union all
        select segment_name, segment_value, period_start, value, cast(null as double)
        from marts.mart_success_metrics
        where metric_name = ? and grain = ? and segment_name = ?
            and list_contains(cast(? as date[]), period_start)
        order by period_start, segment_value
        """,
        kpi,
        grain,
        days,
        kpi,
        grain,
        TOTAL,
        days,
    )


def product_kpis(build: PublishedBuild, grain: str) -> list[str]:
    """The KPIs that are known by product at a grain."""
    rows = read(
        build,
        "select distinct kpi from marts.mart_success_products where grain = ? order by kpi",
        grain,
    )
    return [str(name) for name in rows["kpi"]]


def cohorts(build: PublishedBuild) -> pd.DataFrame:
    """Customers by the month of their first order, and how many ordered in each month after."""
    return read(
        build, "select * from marts.mart_success_cohorts order by cohort_month, active_month"
    )
