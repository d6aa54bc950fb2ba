with issues as (
    select * from {{ ref('team_issues') }}
    where finished_on is not null
),

periods as ( -- noqa: ST03
    {%- for measure in ['cycle_time_days', 'lead_time_days'] %}
    {%- for grain in grains() %}
    select
        '{{ measure }}' as measure,
        project,
        '{{ grain }}' as grain,
        {{ period_start('finished_on', grain) }} as period_start,
        cast(count({{ measure }}) as bigint) as items,
        {{ count_where(measure ~ ' is not null and is_approximate') }} as approximate_items,
        {{ percentile(measure, 0.50) }} as p50,
        {{ percentile(measure, 0.85) }} as p85
    from issues
    group by 1, 2, 3, 4
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

metrics as (
    select * from {{ percentile_metrics('periods', 'project', ['approximate_items']) }}
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
        sample_size,
        approximate_items
    from metrics
)

select * from final
