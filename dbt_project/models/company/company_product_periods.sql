-- Returned lines count in their own column, on the day of the return. A line that names no product
-- belongs to the product NULL.
with lines as (
    select * from {{ ref('company_order_lines') }}
),

days as (
    select
        ordered_on,
        product_id,
        sum(revenue_gross) as revenue_gross,
        sum(returns_value) as returns_value,
        sum(units) as units,
        {{ count_where('not is_return') }} as sold_lines,
        {{ count_where('units is null') }} as lines_without_units
    from lines
    group by ordered_on, product_id
),

placed as (
    {%- for grain in ['week', 'month'] %}
    select
        '{{ grain }}' as grain,
        {{ period_start('ordered_on', grain) }} as period_start,
        *
    from days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        grain,
        period_start,
        product_id,
        sum(revenue_gross) as revenue_gross,
        sum(returns_value) as returns_value,
        sum(units) as units,
        cast(sum(sold_lines) as bigint) as sold_lines,
        cast(sum(lines_without_units) as bigint) as lines_without_units
    from placed
    group by grain, period_start, product_id
)

select * from final
