with link_gains as (
    select * from {{ source('insights', 'link_gains') }}
),

final as (
    select
        link_id,
        place,
        released_on,
        version,
        gain,
        money_month,
        money_month_low,
        money_month_high,
        cumulative_gain,
        cumulative_money_month,
        cumulative_money_month_low,
        cumulative_money_month_high
    from link_gains
)

select * from final
