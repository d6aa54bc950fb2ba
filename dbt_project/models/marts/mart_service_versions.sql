with versions as (
    select * from {{ ref('platform_service_versions') }}
),

final as (
    select
        service,
        version,
        stint,
        first_seen,
        last_seen,
        requests,
        {{ ratio('errors', 'requests') }} as error_ratio,
        latency_ms_p95,
        previous_version,
        is_rollback
    from versions
)

select * from final
