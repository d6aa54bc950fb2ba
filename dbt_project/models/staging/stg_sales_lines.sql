with delivered_lines as (
    select * from {{ ref('stg_sales_delivered_lines') }}
),

final as (
    select
        delivered_as,
        source,
        order_key,
        ordered_at,
        ordered_on,
        customer_key,
        product_id,
        quantity,
        unit_price,
        amount,
        currency,
        charged_amount,
        charged_currency,
        country,
        channel,
        is_return
    from delivered_lines
    where excluded_as is null
)

select * from final
