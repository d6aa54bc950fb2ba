with parts as (
    select * from {{ ref('platform_error_parts') }}
),

counted as (
    select
        service,
        pattern,
        status,
        coalesce(version, example_version, '__null__') as version,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        cast(sum(lines) as bigint) as lines
    from parts
    group by 1, 2, 3, 4
),

final as (
    select
        *,
        row_number() over (
            partition by service, pattern, status
            order by first_seen asc, version asc nulls last
        ) = 1 as is_first_version
    from counted
)

select * from final
