-- A customer is new on the day of their first order and returns on any later day. An order that
-- holds returned lines only is no order: it is a return.
with lines as (
    select * from {{ ref('company_order_lines') }}
),

orders as (
    select
        order_key,
        currency,
        min(ordered_at) as ordered_at,
        min(ordered_on) as ordered_on,
        min(customer_key) as customer_key,
        min(country) as country,
        min(channel) as channel,
        cast(count(*) as bigint) as order_lines,
        min(case when is_return then 1 else 0 end) = 1 as is_return,
        sum(revenue_gross) as revenue_gross,
        sum(returns_value) as returns_value,
        sum(revenue_net) as revenue_net,
        sum(units) as units
    from lines
    group by order_key, currency
),

final as (
    select
        *,
        min(case when not is_return then ordered_on end) over (partition by customer_key)
            as first_ordered_on
    from orders
)

select * from final
