-- A bill that names a model alone belongs to the service that answers with it, where there is just
-- one. A day with an amount in a currency without a rate has an unknown cost, not a smaller one.
with cost as (
    select * from {{ ref('stg_cost') }}
),

usage as (
    select * from {{ ref('platform_model_usage_days') }}
),

answering as (
    select
        model,
        min(service) as service
    from usage
    where model is not null
    group by model
    having count(distinct service) = 1
),

placed as (
    select
        coalesce(cost.service, answering.service) as service,
        cost.model,
        cost.category,
        cost.day,
        cost.cost,
        case when cost.cost is null then 1 else 0 end as is_unpriced
    from cost
    left join answering on cost.model = answering.model
),

summed as (
    select
        service,
        model,
        category,
        day,
        sum(cost) as cost,
        cast(sum(is_unpriced) as bigint) as unpriced_lines
    from placed
    group by service, model, category, day
),

final as (
    select
        service,
        model,
        category,
        day,
        case when max(unpriced_lines) over (partition by service, day) = 0 then cost end as cost,
        cost as priced_cost,
        unpriced_lines
    from summed
)

select * from final
