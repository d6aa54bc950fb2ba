-- A day of which the logs, the monitoring or the bill say nothing is empty there, never zero. Means
-- are made of the seconds and levels that the hours add up to.
with requests as (
    select * from {{ ref('platform_request_days') }}
),

hours as (
    select * from {{ ref('platform_capacity_hours') }}
),

cost as (
    select * from {{ ref('platform_cost_days') }}
    where service is not null
),

prediction_costs as (
    select * from {{ ref('platform_prediction_costs') }}
),

capacity as (
    select
        service,
        measured_on as day,
        sum(instance_seconds) as instance_seconds,
        sum(instances_known_seconds) as instances_known_seconds,
        min(instances_fewest) as instances_fewest,
        max(instances_most) as instances_most,
        sum(cpu_seconds) as cpu_seconds,
        sum(cpu_known_seconds) as cpu_known_seconds,
        sum(metered_requests) as metered_requests
    from hours
    group by service, measured_on
),

steps as (
    select
        service,
        since_day as day,
        {{ count_where('is_step') }} as scaling_steps
    from {{ ref('platform_instance_spans') }}
    group by service, since_day
),

costs as (
    select
        service,
        day,
        case when count(*) = count(cost) then sum(cost) end as cost
    from cost
    group by service, day
),

told as (
    select
        service,
        day
    from capacity
    union distinct
    select
        service,
        day
    from costs
),

days as (
    select
        service,
        day
    from told
    union distinct
    select
        service,
        requested_on as day
    from requests
    where service in (select told.service from told)
),

final as (
    select
        days.service,
        days.day,
        requests.requests,
        requests.latency_ms_p95,
        {{ ratio('capacity.instance_seconds', 'capacity.instances_known_seconds') }} as instances,
        capacity.instances_fewest,
        capacity.instances_most,
        case
            when capacity.instances_known_seconds is not null
                then coalesce(steps.scaling_steps, 0)
        end as scaling_steps,
        capacity.instances_known_seconds / 3600.0 as instances_known_hours,
        {{ ratio('capacity.cpu_seconds', 'capacity.cpu_known_seconds') }} as cpu_used_ratio,
        capacity.metered_requests,
        costs.cost,
        prediction_costs.predictions,
        1000.0 * {{ ratio('prediction_costs.cost', 'prediction_costs.predictions') }}
            as cost_per_thousand_predictions
    from days
    left join requests on days.service = requests.service and days.day = requests.requested_on
    left join capacity on days.service = capacity.service and days.day = capacity.day
    left join steps on days.service = steps.service and days.day = steps.day
    left join costs on days.service = costs.service and days.day = costs.day
    left join prediction_costs
        on days.service = prediction_costs.service and days.day = prediction_costs.day
)

select * from final
