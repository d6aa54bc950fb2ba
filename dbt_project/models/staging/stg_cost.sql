-- A day's bill is corrected by the next export: the last delivery of a day speaks for each service
-- and model, and all its lines count. Money is never added up across currencies.
with delivered as (
    select * from {{ delivered_rows('cost') }}
),

rates as (
    select * from {{ ref('stg_rates') }}
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by _source, day, service, model order by _loaded_at desc, _file desc
        ) as recency
    from delivered
),

summed as (
    select
        _source as source,
        day,
        service,
        model,
        category,
        currency,
        sum(amount) as amount
    from ranked
    where recency = 1
    group by _source, day, service, model, category, currency
),

final as (
    select
        summed.source,
        summed.day,
        summed.service,
        summed.model,
        summed.category,
        summed.currency,
        summed.amount,
        case
            when summed.currency = '{{ var("currency") }}' then cast(summed.amount as double)
            else cast(summed.amount as double) * rates.rate_to_hub
        end as cost
    from summed
    left join rates
        on
            summed.currency = rates.currency
            and summed.day >= rates.rate_day
            and summed.day < rates.valid_before
)

select * from final
