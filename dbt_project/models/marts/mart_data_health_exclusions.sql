with excluded as (
    select * from {{ ref('stg_sales_excluded') }}
),

final as (
    select
        source,
        excluded_as,
        excluded_by,
        charged_currency as currency,
        cast(count(*) as bigint) as files,
        sum(order_lines) as order_lines,
        sum(charged_amount) as amount,
        min(first_day) as first_day,
        max(last_day) as last_day
    from excluded
    group by source, excluded_as, excluded_by, charged_currency
)

select * from final
