-- Hours of the logs and hours of the monitoring stand side by side; what one of them does not know
-- is empty.
with requests as (
    select * from {{ ref('platform_request_hours') }}
),

capacity as (
    select * from {{ ref('platform_capacity_hours') }}
),

services as (
    select distinct service
    from capacity
),

hours as (
    select
        service,
        hour_start
    from capacity
    union distinct
    select
        requests.service,
        requests.hour_start
    from requests
    inner join services on requests.service = services.service
),

final as (
    select
        hours.service,
        hours.hour_start,
        {{ local_day('hours.hour_start') }} as local_day,
        requests.requests,
        requests.latency_ms_p95,
        {{ ratio('capacity.instance_seconds', 'capacity.instances_known_seconds') }} as instances,
        capacity.instances_fewest,
        capacity.instances_most,
        {{ ratio('capacity.cpu_seconds', 'capacity.cpu_known_seconds') }} as cpu_used_ratio,
        capacity.metered_requests
    from hours
    left join requests
        on hours.service = requests.service and hours.hour_start = requests.hour_start
    left join capacity
        on hours.service = capacity.service and hours.hour_start = capacity.hour_start
)

select * from final
