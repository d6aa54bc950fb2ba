with requests as (
    select * from {{ ref('stg_service_requests') }}
),

final as (
    select
        service,
        hour_start,
        {{ local_day('hour_start') }} as requested_on,
        cast(count(*) as bigint) as requests,
        {{ count_where('is_error') }} as errors,
        {{ percentile('latency_ms', 0.50) }} as latency_ms_p50,
        {{ percentile('latency_ms', 0.95) }} as latency_ms_p95,
        {{ percentile('latency_ms', 0.99) }} as latency_ms_p99
    from requests
    group by service, hour_start
)

select * from final
