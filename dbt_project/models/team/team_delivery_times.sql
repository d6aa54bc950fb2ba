-- Times of what was released in the period. An issue counts with the first release of a component
-- after its start; where no history tells the start, only the wait from done to release is known.
with issue_releases as (
    select * from {{ ref('team_issue_releases') }}
),

deployments as (
    select * from {{ ref('team_deployments') }}
    where recovery_hours is not null
),

times as (
    select
        'change_lead_time_days' as measure,
        model as component,
        released_on,
        days_from_start as measured
    from issue_releases
    where days_from_start is not null
    union all
    select
        'done_to_release_days' as measure,
        model as component,
        released_on,
        days_from_done as measured
    from issue_releases
    where days_from_done is not null
    union all
    select
        'recovery_hours' as measure,
        component,
        released_on,
        recovery_hours as measured
    from deployments
),

periods as ( -- noqa: ST03
    {%- for grain in grains() %}
    select
        measure,
        component,
        '{{ grain }}' as grain,
        {{ period_start('released_on', grain) }} as period_start,
        cast(count(*) as bigint) as items,
        {{ percentile('measured', 0.50) }} as p50,
        {{ percentile('measured', 0.85) }} as p85
    from times
    group by 1, 2, 3, 4
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

metrics as (
    select * from {{ percentile_metrics('periods', 'component') }}
),

final as (
    select
        metric_name,
        entity,
        segment_name,
        segment_value,
        grain,
        period_start,
        metric_value,
        numerator,
        denominator,
        sample_size
    from metrics
)

select * from final
