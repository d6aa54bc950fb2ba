with issues as (
    select * from {{ ref('team_issues') }}
    where finished_on is not null
),

periods as (
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

final as (
    {%- for percent in [50, 85] %}
    select
        measure || '_p{{ percent }}' as metric_name,
        project as entity,
        '__all__' as segment_name,
        '__all__' as segment_value,
        grain,
        period_start,
        cast(p{{ percent }} as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        items as sample_size,
        approximate_items
    from periods
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
