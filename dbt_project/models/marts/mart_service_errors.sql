with patterns as (
    select * from {{ ref('platform_error_patterns') }}
),

final as (
    select
        service,
        pattern,
        status,
        first_seen,
        last_seen,
        lines,
        example_version
    from patterns
)

select * from final
