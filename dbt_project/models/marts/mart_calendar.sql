with calendar as (
    select * from {{ ref('stg_calendar') }}
),

final as (
    select
        day,
        kind,
        name,
        country
    from calendar
)

select * from final
