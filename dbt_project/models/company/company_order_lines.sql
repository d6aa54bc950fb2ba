with lines as (
    select * from {{ ref('stg_sales_lines') }}
),

final as (
    select
        delivered_as,
        order_key,
        ordered_at,
        ordered_on,
        customer_key,
        product_id,
        country,
        channel,
        currency,
        is_return,
        quantity,
        unit_price,
        case when is_return then 0 else amount end as revenue_gross,
        case when is_return then -amount else 0 end as returns_value,
        amount as revenue_net,
        case when is_return then 0 else quantity end as units
    from lines
)

select * from final
