with endpoints as (
    select * from {{ ref('platform_endpoint_versions') }}
),

final as (
    select
        service,
        endpoint,
        version,
        first_seen,
        last_seen,
        requests,
        {{ ratio('requests', dbt.datediff('first_seen', 'last_seen', 'second')) }}
            as requests_per_second,
        errors,
        {{ ratio('errors', 'requests') }} as error_ratio,
        latency_ms_p50,
        latency_ms_p95,
        latency_ms_p99
    from endpoints
)

select * from final
