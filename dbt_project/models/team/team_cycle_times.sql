with issues as (
    select *
    from {{ ref('team_issues') }}
    where cycle_time_days is not null
),

periods as (
    {%- for grain in grains() %}
    select
        project,
        '{{ grain }}' as grain,
        {{ period_start('finished_on', grain) }} as period_start,
        cast(count(*) as bigint) as finished,
        {{ percentile('cycle_time_days', 0.50) }} as cycle_time_days_p50,
        {{ percentile('cycle_time_days', 0.85) }} as cycle_time_days_p85
    from issues
    group by 1, 2, 3
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    {%- for percent in [50, 85] %}
    select
        'cycle_time_days_p{{ percent }}' as metric_name,
        project as entity,
        '__all__' as segment_name,
        '__all__' as segment_value,
        grain,
        period_start,
        cast(cycle_time_days_p{{ percent }} as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        finished as sample_size
    from periods
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
