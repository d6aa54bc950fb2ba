with link_lags as (
    select * from {{ source('insights', 'link_lags') }}
),

final as (
    select
        link_id,
        lag_days,
        effect,
        low,
        high
    from link_lags
)

select * from final
