-- Appended to, never rewritten: lines that come late add parts of their own, and the minute is
-- made of all its parts when it is read (platform_request_minutes).
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
        {{ is_new('loaded_at') }}
        and is_request
),

counted as (
    select
        service,
        endpoint,
        version,
        minute_start,
        cast(count(*) as bigint) as requests,
        {{ count_where('is_error') }} as errors,
        {{ values_as_list('latency_ms') }} as latencies_ms,
        max(loaded_at) as loaded_at
    from requests
    group by service, endpoint, version, minute_start
),

measured as (
    select
        *,
        {{ latency_percentiles_of('latencies_ms') }} as percentiles
    from counted
),

final as (
    select
        service,
        endpoint,
        version,
        minute_start,
        requests,
        errors,
        {{ latency_percentile_columns('percentiles') }},
        latencies_ms,
        loaded_at
    from measured
)

select * from final {{ and_retained() }} -- noqa: AL01
