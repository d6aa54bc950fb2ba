-- The table of checks is replaced by every build, so all of its rows are the last build's.
with checks as (
    select * from {{ source('meta', 'checks') }}
),

final as (
    select
        check_name,
        model,
        column_name,
        status,
        failures,
        severity,
        message
    from checks
)

select * from final
