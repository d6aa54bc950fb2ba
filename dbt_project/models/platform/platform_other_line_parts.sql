-- Appended to, never rewritten: late lines add rows of their own, and readers add up.
with other_lines as (
    select *
    from {{ ref('stg_service_requests') }}
    where
        {{ is_new('loaded_at') }}
        and not is_request
),

final as (
    select
        source,
        service,
        requested_on,
        cast(count(*) as bigint) as lines,
        max(loaded_at) as loaded_at
    from other_lines
    group by source, service, requested_on
)

select * from final {{ and_retained() }} -- noqa: AL01
