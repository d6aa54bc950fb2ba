with known as (
    select
        min({{ local_day('data_from') }}) as first_day,
        max({{ local_day('newest_at') }}) as last_day
    from {{ ref('stg_watermarks') }}
),

final as (
    select {{ day_rows('first_day', 'last_day') }} as date_day
    from known
    where first_day is not null
)

select * from final
