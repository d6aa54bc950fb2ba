-- Money and pieces count on the day of their line, so that what comes back under the number of its
-- order counts on the day of the return. An order counts once, on its first day.
with lines as (
    select * from {{ ref('company_order_lines') }}
),

orders as (
    select * from {{ ref('company_orders') }}
),

of_lines as (
    select
        lines.ordered_on,
        orders.country,
        orders.channel,
        lines.currency,
        sum(lines.revenue_gross) as revenue_gross,
        sum(lines.returns_value) as returns_value,
        sum(lines.revenue_net) as revenue_net,
        sum(lines.units) as units
    from lines
    inner join orders on lines.order_key = orders.order_key and lines.currency = orders.currency
    group by lines.ordered_on, orders.country, orders.channel, lines.currency
),

of_orders as (
    select
        ordered_on,
        country,
        channel,
        currency,
        {{ count_where('not is_return') }} as orders,
        cast(count(distinct case when not is_return then customer_key end) as bigint)
            as customers
    from orders
    group by ordered_on, country, channel, currency
),

final as (
    select
        of_lines.ordered_on,
        of_lines.country,
        of_lines.channel,
        of_lines.currency,
        of_lines.revenue_gross,
        of_lines.returns_value,
        of_lines.revenue_net,
        coalesce(of_orders.orders, 0) as orders,
        of_lines.units,
        coalesce(of_orders.customers, 0) as customers
    from of_lines
    left join of_orders
        on
            of_lines.ordered_on = of_orders.ordered_on
            and coalesce(of_lines.country, '') = coalesce(of_orders.country, '')
            and coalesce(of_lines.channel, '') = coalesce(of_orders.channel, '')
            and of_lines.currency = of_orders.currency
)

select * from final
