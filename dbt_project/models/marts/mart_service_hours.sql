with hours as (
    select * from {{ ref('platform_request_hours') }}
),

final as (
    select
        service,
        hour_start,
        requested_on as local_day,
        requests,
        errors,
        {{ ratio('errors', 'requests') }} as error_ratio,
        latency_ms_p50,
        latency_ms_p95,
        latency_ms_p99
    from hours
)

select * from final
