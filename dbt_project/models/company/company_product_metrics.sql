with periods as (
    select * from {{ ref('company_product_periods') }}
),

products as (
    select * from {{ ref('company_products') }}
),

customers as (
    select * from {{ ref('company_product_customers') }}
),

sums as (
    select
        periods.grain,
        periods.period_start,
        products.product,
        sum(periods.revenue_gross) as revenue_gross,
        sum(periods.units) as units,
        sum(periods.sold_lines) as sold_lines
    from periods
    inner join products
        on coalesce(periods.product_id, '__null__') = coalesce(products.product_id, '__null__')
    group by periods.grain, periods.period_start, products.product
),

named as (
    {%- for metric, column in [('product_revenue', 'revenue_gross'), ('product_units', 'units')] %}
    select
        '{{ metric }}' as metric_name,
        product,
        grain,
        period_start,
        cast({{ column }} as double) as metric_value,
        sold_lines as sample_size
    from sums
    union all
    {%- endfor %}
    {%- for column in ['new_customers', 'returning_customers'] %}
    select
        'product_{{ column }}' as metric_name,
        product,
        'month' as grain,
        month_start as period_start,
        cast({{ column }} as double) as metric_value,
        customers as sample_size
    from customers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        metric_name,
        'company' as entity,
        'product' as segment_name,
        product as segment_value,
        grain,
        period_start,
        metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(sample_size as bigint) as sample_size
    from named
)

select * from final
