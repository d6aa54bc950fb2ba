with orders as (
    select *
    from {{ ref('company_orders') }}
    where customer_key is not null and not is_return
),

final as (
    select
        ordered_on,
        country,
        channel,
        cast(count(distinct customer_key) as bigint) as customers,
        cast(
            count(distinct case when ordered_on = first_ordered_on then customer_key end) as bigint
        ) as new_customers,
        cast(
            count(distinct case when ordered_on > first_ordered_on then customer_key end) as bigint
        ) as returning_customers
    from orders
    group by ordered_on, country, channel
)

select * from final
