-- New and returning are said of the customer and the shop, not of the product: a new customer's
-- first order ever is in the month, and held the product.
with lines as (
    select * from {{ ref('company_order_lines') }}
    where customer_key is not null and not is_return
),

orders as (
    select * from {{ ref('company_orders') }}
),

products as (
    select * from {{ ref('company_products') }}
),

bought as (
    select distinct
        {{ period_start('lines.ordered_on', 'month') }} as month_start,
        products.product,
        lines.customer_key,
        case when lines.ordered_on = orders.first_ordered_on then 1 else 0 end as is_first
    from lines
    inner join orders on lines.order_key = orders.order_key and lines.currency = orders.currency
    inner join products
        on coalesce(lines.product_id, '__null__') = coalesce(products.product_id, '__null__')
),

final as (
    select
        month_start,
        product,
        cast(count(distinct customer_key) as bigint) as customers,
        {{ count_where('is_first = 1') }} as new_customers,
        {{ count_where('is_first = 0') }} as returning_customers
    from bought
    group by month_start, product
)

select * from final
