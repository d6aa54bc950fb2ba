with periods as (
    select * from {{ ref('platform_request_periods') }}
),

final as (
    select
        service,
        period_start as requested_on,
        requests,
        errors,
        latency_ms_p50,
        latency_ms_p95,
        latency_ms_p99
    from periods
    where grain = 'day'
)

select * from final
