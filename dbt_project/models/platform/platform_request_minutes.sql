-- Percentiles of a minute are exact, so a minute that late lines fall into is made anew of all its
-- lines; every other minute stays as it is.
with requests as (
    select
        service,
        coalesce(endpoint, '__null__') as endpoint,
        coalesce(version, '__null__') as version,
        {{ dbt.date_trunc('minute', 'requested_at') }} as minute_start,
        is_error,
        latency_ms,
        loaded_at
    from {{ ref('stg_service_requests') }}
),

touched as (
    select distinct
        service,
        endpoint,
        version,
        minute_start
    from requests
    where {{ is_new('loaded_at') }}
),

final as (
    select
        requests.service,
        requests.endpoint,
        requests.version,
        requests.minute_start,
        cast(count(*) as bigint) as requests,
        {{ count_where('requests.is_error') }} as errors,
        {{ percentile('requests.latency_ms', 0.50) }} as latency_ms_p50,
        {{ percentile('requests.latency_ms', 0.95) }} as latency_ms_p95,
        {{ percentile('requests.latency_ms', 0.99) }} as latency_ms_p99,
        max(requests.loaded_at) as loaded_at
    from requests
    {%- if is_incremental() %}
    inner join touched
        on
            requests.minute_start = touched.minute_start
            and requests.service = touched.service
            and requests.endpoint = touched.endpoint
            and requests.version = touched.version
    {%- endif %}
    group by 1, 2, 3, 4
)

select * from final
