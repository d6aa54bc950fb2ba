-- Percentiles of a minute are exact, so a minute that late lines fall into is made anew of all its
-- lines; every other minute stays as it is, and so does one whose lines are no longer kept.
with requests as (
    select
        service,
        coalesce(endpoint, '__null__') as endpoint,
        coalesce(version, '__null__') as version,
        {{ start_of('minute', 'requested_at') }} as minute_start,
        is_error,
        latency_ms,
        loaded_at
    from {{ ref('stg_service_requests') }}
    where
        is_request
        and {{ is_not_before_new('requested_at', ref('stg_service_requests'), 'minute') }}
),

touched as ( -- noqa: ST03
    select distinct
        service,
        coalesce(endpoint, '__null__') as endpoint,
        coalesce(version, '__null__') as version,
        {{ start_of('minute', 'requested_at') }} as minute_start
    from {{ ref('stg_service_requests') }}
    where
        is_request
        and {{ is_new('loaded_at') }}
),

minutes as (
    select
        requests.service,
        requests.endpoint,
        requests.version,
        requests.minute_start,
        cast(count(*) as bigint) as requests,
        {{ count_where('requests.is_error') }} as errors,
        {{ percentile_list('requests.latency_ms', [0.50, 0.95, 0.99]) }} as percentiles,
        max(requests.loaded_at) as loaded_at
    from requests
    where
        {{ is_touched('requests', ['minute_start', 'service', 'endpoint', 'version']) }}
        and {{ is_not_retained('requests', ['minute_start', 'service', 'endpoint', 'version']) }}
    group by 1, 2, 3, 4
),

final as (
    select
        service,
        endpoint,
        version,
        minute_start,
        requests,
        errors,
        {{ item_at('percentiles', 1) }} as latency_ms_p50,
        {{ item_at('percentiles', 2) }} as latency_ms_p95,
        {{ item_at('percentiles', 3) }} as latency_ms_p99,
        loaded_at
    from minutes
)

select * from final {{ and_retained() }} -- noqa: AL01
