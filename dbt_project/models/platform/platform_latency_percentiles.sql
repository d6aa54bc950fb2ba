with periods as (
    select * from {{ ref('platform_request_periods') }}
),

final as (
    {%- for percent in [50, 95, 99] %}
    select
        'latency_ms_p{{ percent }}' as metric_name,
        service as entity,
        '__all__' as segment_name,
        '__all__' as segment_value,
        grain,
        period_start,
        cast(latency_ms_p{{ percent }} as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        timed_requests as sample_size
    from periods
    where latency_ms_p{{ percent }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
