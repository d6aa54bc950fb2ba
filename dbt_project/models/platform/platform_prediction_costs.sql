-- A prediction is a request that a model answered: its line names the model, and does not say that
-- the fallback answered instead. Only days of which both sides are known are in the ratio.
with cost as (
    select * from {{ ref('platform_cost_days') }}
    where service is not null
),

usage as (
    select * from {{ ref('platform_model_usage_days') }}
    where model is not null
),

costs as (
    select
        service,
        day,
        sum(cost) as cost,
        count(*) = count(cost) as is_known
    from cost
    group by service, day
),

predictions as (
    select
        service,
        requested_on as day,
        cast(sum(requests - coalesce(fallbacks, 0)) as bigint) as predictions
    from usage
    group by service, requested_on
),

final as (
    select
        costs.service,
        costs.day,
        costs.cost,
        predictions.predictions
    from costs
    inner join predictions
        on costs.service = predictions.service and costs.day = predictions.day
    where costs.is_known
)

select * from final
