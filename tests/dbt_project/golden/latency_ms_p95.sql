with periods as (
    select * from "warehouse"."platform"."platform_request_periods"
),
final as (
    select
        'latency_ms_p50' as metric_name,
        service as entity,
        '__all__' as segment_name,
        '__all__' as segment_value,
        grain,
        period_start,
        cast(latency_ms_p50 as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        timed_requests as sample_size
    from periods
    where latency_ms_p50 is not null
    union all
    select
        'latency_ms_p95' as metric_name,
        service as entity,
        '__all__' as segment_name,
        '__all__' as segment_value,
        grain,
        period_start,
        cast(latency_ms_p95 as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        timed_requests as sample_size
    from periods
    where latency_ms_p95 is not null
    union all
    select
        'latency_ms_p99' as metric_name,
        service as entity,
        '__all__' as segment_name,
        '__all__' as segment_value,
        grain,
        period_start,
        cast(latency_ms_p99 as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        timed_requests as sample_size
    from periods
    where latency_ms_p99 is not null
)
select * from final
