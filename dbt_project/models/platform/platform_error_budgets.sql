-- Errors and what is allowed add up over a period. What is left is a state: that of the period's
-- last day with a line, over the days of the window before it, which may begin before the period.
with days as (
    select * from {{ ref('platform_slo_days') }}
    where requests is not null
),

promises as (
    select
        *,
        '__all__' as segment_name,
        '__all__' as segment_value
    from days
    where is_longest_window
    union all
    select
        *,
        'slo_window' as segment_name,
        window_days || ' days' as segment_value
    from days
),

dated as (
    {%- for grain in grains() %}
    select
        *,
        '{{ grain }}' as grain,
        {{ period_start('day', grain) }} as period_start
    from promises
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

placed as (
    select
        *,
        row_number() over (
            partition by service, segment_name, segment_value, grain, period_start
            order by day desc
        ) as from_the_end
    from dated
),

periods as (
    select
        service,
        segment_name,
        segment_value,
        grain,
        period_start,
        sum(errors) as errors,
        sum(allowed_errors) as allowed_errors,
        sum(requests) as requests,
        max(case when from_the_end = 1 then window_allowed_errors - window_errors end)
            as errors_left,
        max(case when from_the_end = 1 then window_allowed_errors end) as errors_of_window,
        max(case when from_the_end = 1 then window_requests end) as requests_of_window
    from placed
    group by service, segment_name, segment_value, grain, period_start
),

final as (
    {%- for name, top, base, requests in [
        ('burn_rate', 'errors', 'allowed_errors', 'requests'),
        ('error_budget_left', 'errors_left', 'errors_of_window', 'requests_of_window')
    ] %}
    select
        '{{ name }}' as metric_name,
        service as entity,
        segment_name,
        segment_value,
        grain,
        period_start,
        {{ ratio(top, base) }} as metric_value,
        cast({{ top }} as double) as numerator,
        cast({{ base }} as double) as denominator,
        cast({{ requests }} as bigint) as sample_size
    from periods
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
