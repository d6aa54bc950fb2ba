-- Appended to, never rewritten: late lines add rows of their own, and readers add up.
with told as (
    select *
    from {{ ref('stg_service_requests') }}
    where {{ is_new('loaded_at') }}
),

final as (
    select
        service,
        requested_on,
        error_pattern as pattern,
        status,
        version,
        min(requested_at) as first_seen,
        max(requested_at) as last_seen,
        cast(count(*) as bigint) as lines,
        max(version) as example_version,
        max(loaded_at) as loaded_at
    from told
    where error_pattern is not null
    group by service, requested_on, error_pattern, status, version
)

select * from final {{ and_retained() }} -- noqa: AL01
