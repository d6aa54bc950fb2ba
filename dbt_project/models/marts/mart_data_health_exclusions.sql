with excluded as (
    select
        *,
        row_number() over (
            partition by source, excluded_as, excluded_by, charged_currency
            order by first_day, file
        ) as place
    from {{ ref('stg_sales_excluded') }}
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
        max(last_day) as last_day,
        min(case when place = 1 then file end) as first_file,
        min(case when place = 1 then first_line end) as first_line
    from excluded
    group by source, excluded_as, excluded_by, charged_currency
)

select * from final
