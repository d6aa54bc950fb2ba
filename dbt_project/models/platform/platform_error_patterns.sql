with parts as (
    select * from {{ ref('platform_error_parts') }}
),

final as (
    select
        service,
        pattern,
        status,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        cast(sum(lines) as bigint) as lines,
        max(example_version) as example_version
    from parts
    group by service, pattern, status
)

select * from final
