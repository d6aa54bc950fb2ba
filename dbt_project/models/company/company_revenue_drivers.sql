-- Volume, price and mix are the sales-quantity, selling-price and sales-mix variances of cost
-- accounting (Horngren, Datar and Rajan, Cost Accounting, chapter 14), with the period before in
-- place of the budget. A new product has no price before, so its own stands for it: it moves volume
-- and mix, never price. A product that vanished moves volume and mix too.
with products as (
    select * from {{ ref('company_product_periods') }}
),

sides as (
    {%- for comparison, days, months in [('previous', 7, 1), ('year_ago', 364, 12)] %}
    {%- for is_now in [true, false] %}
    select
        '{{ comparison }}' as comparison,
        grain,
        case
            when {{ is_now }} then period_start
            when grain = 'week' then {{ add_days('period_start', days) }}
            else cast({{ dbt.dateadd('month', months, 'period_start') }} as date)
        end as period_start,
        product_id,
        lines_without_units,
        {{ 'revenue_gross' if is_now else 0 }} as revenue_now,
        {{ 'coalesce(units, 0)' if is_now else 0 }} as units_now,
        {{ 0 if is_now else 'revenue_gross' }} as revenue_before,
        {{ 0 if is_now else 'coalesce(units, 0)' }} as units_before
    from products
    {{ 'union all' if not (loop.last and comparison == 'year_ago') }}
    {%- endfor %}
    {%- endfor %}
),

by_product as (
    select
        comparison,
        grain,
        period_start,
        product_id,
        sum(lines_without_units) as lines_without_units,
        sum(revenue_now) as revenue_now,
        sum(revenue_before) as revenue_before,
        cast(sum(units_now) as double) as units_now,
        cast(sum(units_before) as double) as units_before
    from sides
    group by comparison, grain, period_start, product_id
),

totals as (
    select
        comparison,
        grain,
        period_start,
        sum(revenue_now) as revenue_now,
        sum(revenue_before) as revenue_before,
        sum(units_now) as units_now,
        sum(units_before) as units_before,
        sum(
            case
                when units_before > 0
                    then revenue_now - units_now * cast(revenue_before as double) / units_before
                when units_now > 0 then 0
                else revenue_now - revenue_before
            end
        ) as price,
        sum(case when units_before = 0 then revenue_now else 0 end) as revenue_of_new,
        sum(case when units_before = 0 then units_now else 0 end) as units_of_new,
        sum(case when units_now = 0 then revenue_before else 0 end) as revenue_of_vanished,
        sum(case when units_now = 0 then units_before else 0 end) as units_of_vanished
    from by_product
    group by comparison, grain, period_start
    having sum(lines_without_units) = 0 and count(product_id) > 0
),

effects as (
    select
        *,
        cast((units_now - units_before) * revenue_before / units_before as decimal(18, 4))
            as volume_effect,
        cast(price as decimal(18, 4)) as price_effect,
        cast(revenue_of_new - units_of_new * revenue_before / units_before as decimal(18, 4))
            as mix_of_new_products,
        cast(
            units_now / units_before
            * (units_of_vanished * revenue_before / units_before - revenue_of_vanished)
            as decimal(18, 4)
        ) as mix_of_vanished_products
    from totals
    where units_now > 0 and units_before > 0
),

final as (
    select
        comparison,
        grain,
        period_start,
        revenue_now,
        revenue_before,
        units_now,
        units_before,
        volume_effect,
        price_effect,
        revenue_now - revenue_before - volume_effect - price_effect as mix_effect,
        mix_of_new_products,
        mix_of_vanished_products
    from effects
)

select * from final
