-- Appended to, never rewritten: lines that come late add rows of their own, and readers add up.
with requests as (
    select
        *,
        {{ start_of(unit_of_local_days(), 'requested_at') }} as part_start,
        {{ bucket_of_latency('latency_ms') }} as latency_bucket
    from {{ ref('stg_service_requests') }}
    where
        {{ is_new('loaded_at') }}
        and is_request
),

final as (
    select
        source,
        service,
        endpoint,
        version,
        {{ local_day('part_start') }} as requested_on,
        {{ start_of('hour', 'part_start') }} as hour_start,
        latency_bucket,
        cast(count(*) as bigint) as requests,
        {{ count_where('is_error') }} as errors,
        min(requested_at) as first_seen,
        max(requested_at) as last_seen,
        max(loaded_at) as loaded_at
    from requests
    group by source, service, endpoint, version, part_start, latency_bucket
)

select * from final {{ and_retained() }} -- noqa: AL01
