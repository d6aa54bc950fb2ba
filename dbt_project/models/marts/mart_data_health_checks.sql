with checks as (
    select * from {{ source('meta', 'checks') }}
),

last_build as (
    select max_by(build_id, built_at) as build_id
    from {{ source('meta', 'builds') }}
),

final as (
    select
        checks.check_name,
        checks.model,
        checks.column_name,
        checks.status,
        checks.failures,
        checks.severity,
        checks.message
    from checks
    inner join last_build on checks.build_id = coalesce(last_build.build_id, checks.build_id)
)

select * from final
