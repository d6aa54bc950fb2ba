-- Orders and the value of an order are known of any shop; volume, price and mix of products only
-- where every sold line tells its pieces. Only complete periods are compared.
with periods as (
    select * from {{ ref('mart_success_metrics') }}
    where segment_name = '__all__'
),

drivers as (
    select * from {{ ref('company_revenue_drivers') }}
),

pairs as (
    {%- for comparison in ['previous', 'year_ago'] %}
    select
        '{{ comparison }}' as comparison,
        revenue.grain,
        revenue.period_start,
        revenue.{{ comparison }}_period_start as before_start,
        cast(revenue.value as decimal(18, 4)) as revenue_now,
        cast(revenue.{{ comparison }}_value as decimal(18, 4)) as revenue_before,
        orders.value as orders_now,
        orders.{{ comparison }}_value as orders_before
    from periods as revenue
    inner join periods as orders
        on
            revenue.grain = orders.grain
            and revenue.period_start = orders.period_start
            and revenue.{{ comparison }}_period_start = orders.{{ comparison }}_period_start
    where revenue.metric_name = 'revenue' and orders.metric_name = 'orders'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

by_orders as (
    select
        *,
        cast((orders_now - orders_before) * revenue_before / orders_before as decimal(18, 4))
            as volume_effect
    from pairs
    where orders_before > 0 and orders_now > 0
),

final as (
    select
        'orders' as basis,
        comparison,
        grain,
        period_start,
        before_start,
        revenue_now,
        revenue_before,
        volume_effect,
        revenue_now - revenue_before - volume_effect as price_effect,
        cast(null as decimal(18, 4)) as mix_effect,
        cast(null as decimal(18, 4)) as mix_of_new_products,
        cast(null as decimal(18, 4)) as mix_of_vanished_products
    from by_orders
    union all
    select
        'products' as basis,
        pairs.comparison,
        pairs.grain,
        pairs.period_start,
        pairs.before_start,
        pairs.revenue_now,
        pairs.revenue_before,
        drivers.volume_effect,
        drivers.price_effect,
        drivers.mix_effect,
        drivers.mix_of_new_products,
        drivers.mix_of_vanished_products
    from pairs
    inner join drivers
        on
            pairs.comparison = drivers.comparison
            and pairs.grain = drivers.grain
            and pairs.period_start = drivers.period_start
)

select * from final
