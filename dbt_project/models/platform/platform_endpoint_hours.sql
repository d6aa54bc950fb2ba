-- A view: most readers ask for days, and whoever asks for the hours of an endpoint pays for them.
-- Nothing is lost by that, for the histograms they come from are kept.
with histograms as (
    select
        service,
        coalesce(endpoint, '__null__') as endpoint,
        coalesce(version, '__null__') as version,
        hour_start,
        requested_on,
        latency_bucket,
        requests,
        errors
    from {{ ref('platform_request_histograms') }}
),

counted as (
    select
        service,
        endpoint,
        version,
        hour_start,
        min(requested_on) as requested_on,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors
    from histograms
    group by service, endpoint, version, hour_start
),

percentiles as (
    select *
    from {{ histogram_percentiles('histograms', ['service', 'endpoint', 'version', 'hour_start']) }}
),

final as (
    select
        counted.service,
        counted.endpoint,
        counted.version,
        counted.hour_start,
        counted.requested_on,
        counted.requests,
        counted.errors,
        coalesce(percentiles.timed_requests, 0) as timed_requests,
        percentiles.latency_ms_p50,
        percentiles.latency_ms_p95,
        percentiles.latency_ms_p99
    from counted
    left join percentiles
        on
            counted.service = percentiles.service
            and counted.endpoint = percentiles.endpoint
            and counted.version = percentiles.version
            and counted.hour_start = percentiles.hour_start
)

select * from final
