with delivered as (
    select * from {{ delivered_rows('calendar') }}
),

final as (
    select distinct
        day,
        lower(coalesce(kind, 'other')) as kind,
        name,
        country
    from delivered
)

select * from final
