with delivered_lines as (
    select * from {{ ref('stg_sales_delivered_lines') }}
),

final as (
    select
        source,
        file,
        excluded_as,
        excluded_by,
        charged_currency,
        cast(count(*) as bigint) as order_lines,
        sum(charged_amount) as charged_amount,
        min(ordered_on) as first_day,
        max(ordered_on) as last_day,
        min(line) as first_line
    from delivered_lines
    where excluded_as is not null
    group by source, file, excluded_as, excluded_by, charged_currency
)

select * from final
