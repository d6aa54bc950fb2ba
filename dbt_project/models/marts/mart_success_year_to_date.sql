-- A period is counted where it is complete, its value known and a target set for it: what is
-- missing is missing on both sides, never a zero on one. Only what adds up over its days is summed.
with periods as (
    select * from {{ ref('mart_success_metrics') }}
    where segment_name = '__all__' and adds_up
),

with_target as (
    select distinct
        metric_name,
        grain
    from periods
    where target is not null
),

complete as (
    select
        periods.metric_name,
        periods.grain,
        periods.period_start,
        cast({{ dbt.date_trunc('year', 'periods.period_start') }} as date) as year_start,
        case when periods.target is not null then periods.value end as counted_value,
        case when periods.value is not null then periods.target end as counted_target,
        case
            when periods.direction = 'down' and periods.value <= periods.target then 1
            when coalesce(periods.direction, 'up') <> 'down' and periods.value >= periods.target
                then 1
        end as is_on_target
    from periods
    inner join with_target
        on
            periods.metric_name = with_target.metric_name
            and periods.grain = with_target.grain
    where periods.is_complete
),

summed as (
    select
        metric_name,
        grain,
        period_start,
        year_start,
        counted_value,
        {%- for name in ['value', 'target'] %}
        sum(counted_{{ name }}) over so_far as {{ name }}_to_date,
        {%- endfor %}
        count(counted_target) over so_far as n_counted,
        count(is_on_target) over so_far as n_on_target,
        {{ dbt.datediff('year_start', 'period_start', 'day') }} as days_before,
        {{ dbt.datediff('year_start', 'period_start', 'month') }} as months_before
    from complete
    window
        so_far as (
            partition by metric_name, grain, year_start order by period_start
            rows between unbounded preceding and current row
        )
),

final as (
    select
        metric_name,
        grain,
        period_start,
        year_start,
        counted_value,
        value_to_date,
        target_to_date,
        n_counted,
        n_on_target,
        1 + case grain
            when 'month' then months_before
            when 'week' then cast(floor(days_before / 7.0) as {{ dbt.type_bigint() }})
            else days_before
        end as n_periods
    from summed
    where n_counted > 0
)

select * from final
