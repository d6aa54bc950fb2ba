with orders as (
    select * from {{ ref('company_orders') }}
),

final as (
    select
        ordered_on,
        country,
        channel,
        currency,
        sum(revenue_gross) as revenue_gross,
        sum(returns_value) as returns_value,
        sum(revenue_net) as revenue_net,
        {{ count_where('not is_return') }} as orders,
        sum(units) as units,
        cast(count(distinct case when not is_return then customer_key end) as bigint)
            as customers
    from orders
    group by ordered_on, country, channel, currency
)

select * from final
