"""What does the exposure audit read: stages by day, positions, and what a cut spoils?"""

from __future__ import annotations

import pandas as pd

from dashboards.queries import read
from dashboards.queries_periods import wide
from dashboards.view import Segment
from hub.warehouse import PublishedBuild

# the columns of `mart_service_days` that are stored by week, month and platform: metric and field
STAGES_STORED = {
    "k_asked": ("served_ratio", "denominator"),
    "k_served": ("rendered_ratio", "denominator"),
    "k_rendered": ("rendered_ratio", "numerator"),
    "k_viewed": ("viewed_ratio", "numerator"),
    "rendered_ratio": ("rendered_ratio", "metric_value"),
}


def stages(
    build: PublishedBuild, service: str, grain: str, segment: Segment | None
) -> pd.DataFrame:
    """Positions asked for, served, drawn and seen by period; its first day is in `day`."""
    return wide(build, service, STAGES_STORED, grain, segment, start="day")


def list_services(build: PublishedBuild) -> list[str]:
    """The services whose logs tell how much of a served list was drawn, busiest first."""
    rows = read(
        build,
        """
        select service from marts.mart_service_days
        where k_rendered is not null
        group by service
        order by sum(k_served) desc, service
        """,
    )
    return [str(name) for name in rows["service"]]


def exposure_onsets(build: PublishedBuild, service: str) -> pd.DataFrame:
    """Since when a service draws or shows more or less of what is served, newest first."""
    return read(
        build,
        """
        select
            entity, metric_name, label, onset_at, onset_low, onset_high, ended_at, state, is_worse,
            level_before, level_after, size_low, size_high, p_value, first_cause_words
        from marts.mart_onsets
        where entity = ? and metric_name in ('rendered_ratio', 'viewed_ratio')
        order by onset_at desc
        """,
        service,
    )


def exposure_surfaces(build: PublishedBuild) -> pd.DataFrame:
    """The surfaces of which positions are known, and their models: busiest first."""
    return read(
        build,
        """
        select
            coalesce(surface, source) as surface, min(day) as first_day, max(day) as last_day,
            coalesce(list(distinct model) filter (where model is not null), []) as models,
            max(position) as deepest, sum(served) as served
        from marts.mart_exposure_positions
        group by coalesce(surface, source)
        order by sum(served) desc, 1
        """,
    )


def exposure_positions(build: PublishedBuild, surface: str, since: object) -> pd.DataFrame:
    """How often each position was served, drawn and seen, before a day and from it on."""
    return read(
        build,
        """
        select
            position, day >= cast($1 as date) as is_after, sum(served) as served,
            sum(rendered) as rendered, sum(viewed) as viewed, sum(clicked) as clicked,
            sum(served) / max(sum(served)) over (partition by day >= cast($1 as date))
                as served_ratio,
            sum(rendered) / nullif(sum(served_where_rendered), 0) as rendered_ratio,
            sum(viewed) / nullif(sum(served_where_viewed), 0) as viewed_ratio
        from marts.mart_exposure_positions
        where coalesce(surface, source) = $2
        group by position, day >= cast($1 as date)
        order by is_after, position
        """,
        str(since)[:10],
        surface,
    )


def exposure_components(build: PublishedBuild, surface: str) -> list[str]:
    """The models and services whose releases the positions of a surface are told apart by."""
    rows = read(
        build,
        "select distinct component from marts.mart_exposure_releases where surface = ? order by 1",
        surface,
    )
    return [str(name) for name in rows["component"]]


def exposure_releases(build: PublishedBuild, surface: str, component: str) -> pd.DataFrame:
    """How often each position was served, drawn and seen under each release of a component.

    `since` is the day of that release; without one, the first day of records.
    """
    return read(
        build,
        """
        select
            version, since, position, served, served_ratio, rendered, rendered_ratio, viewed,
            viewed_ratio
        from marts.mart_exposure_releases
        where surface = ? and component = ?
        order by since, version, position
        """,
        surface,
        component,
    )


def exposure_weight(
    build: PublishedBuild, surface: str, since: object, k: int, *, by_rank: bool
) -> pd.DataFrame:
    """The part of a metric's weight, that of its first `k` positions, that people were given.

    One row: `served`, `rendered` and `viewed`, shares of what all lists would weigh with all k
    positions. By rank a position weighs 1 / log2(position + 1), else all weigh the same.
    """
    weight = "ln(2) / ln(position + 1)" if by_rank else "1.0"
    return read(
        build,
        f"""
        with positions as (
            select
                position, {weight} as weight, sum(served) as served,
                sum(rendered) / nullif(sum(served_where_rendered), 0) as rendered_ratio,
                sum(viewed) / nullif(sum(served_where_viewed), 0) as viewed_ratio
            from marts.mart_exposure_positions
            where coalesce(surface, source) = ? and day >= cast(? as date) and position <= ?
            group by position
        ),
        whole as (
            select sum({weight}) as weight
            from (select unnest(range(1, ? + 1)) as position)
        )
        select
            sum(served * positions.weight) / (max(served) * any_value(whole.weight)) as served,
            sum(served * positions.weight * rendered_ratio)
                / (max(served) * any_value(whole.weight)) as rendered,
            sum(served * positions.weight * viewed_ratio)
                / (max(served) * any_value(whole.weight)) as viewed
        from positions, whole
        """,
        surface,
        str(since)[:10],
        k,
        k,
    )


def metrics_at_k(build: PublishedBuild) -> pd.DataFrame:
    """The offline metrics of a list's first k positions, by model; k is in their names."""
    return read(
        build,
        """
        select
            entity, metric_name, any_value(metric_label) as metric_label,
            cast(regexp_extract(metric_name, '(?:_at_|@)([0-9]+)$', 1) as integer) as k
        from marts.mart_what_moves_sales
        where regexp_matches(metric_name, '(?:_at_|@)[0-9]+$')
        group by entity, metric_name
        order by entity, metric_name
        """,
    )


def comparisons_across(build: PublishedBuild, low: object, high: object) -> pd.DataFrame:
    """What compares days before an onset's interval with days after it: model, what, from, to."""
    return read(
        build,
        """
        select
            'experiment' as kind, model, experiment || ' (' || metric || ')' as what,
            started_on as first_day, ended_on as last_day, null as metric_name
        from marts.mart_experiments
        where started_on <= cast($2 as date) and ended_on >= cast($1 as date)
        union all
        select
            'link', entity, entity || ' ' || metric_label || ' → ' || kpi_label,
            first_day, last_day, metric_name
        from marts.mart_what_moves_sales
        where first_day <= cast($2 as date) and last_day >= cast($1 as date)
        union all
        select 'release', model, model || ' ' || version, released_on, released_on, null
        from marts.mart_releases
        where released_on between cast($1 as date) and cast($2 as date) and kind = 'model'
        order by 1, 3
        """,
        str(low)[:10],
        str(high)[:10],
    )
