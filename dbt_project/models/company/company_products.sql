-- A shop may have hundreds of thousands of products: those that took in most are followed by name,
-- the rest together.
with products as (
    select
        product_id,
        sum(revenue_gross) as revenue_gross
    from {{ ref('company_product_periods') }}
    where grain = 'month'
    group by product_id
),

ranked as (
    select
        *,
        row_number() over (
            order by
                case when product_id is null then 1 else 0 end asc,
                revenue_gross desc,
                product_id asc
        ) as place
    from products
),

final as (
    select
        product_id,
        revenue_gross,
        place,
        case
            when product_id is null then '__null__'
            when place <= 500 then product_id
            else '__other__'
        end as product
    from ranked
)

select * from final
