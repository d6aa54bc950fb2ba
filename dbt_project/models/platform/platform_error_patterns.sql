with requests as (
    select * from {{ ref('stg_service_requests') }}
),

final as (
    select
        service,
        error_pattern as pattern,
        status,
        min(requested_at) as first_seen,
        max(requested_at) as last_seen,
        cast(count(*) as bigint) as requests,
        max(version) as example_version
    from requests
    where error_pattern is not null
    group by service, error_pattern, status
)

select * from final
