with histograms as (
    select
        service,
        coalesce(endpoint, '__null__') as endpoint,
        coalesce(version, '__null__') as version,
        latency_bucket,
        requests,
        errors,
        first_seen,
        last_seen
    from {{ ref('platform_request_histograms') }}
),

counted as (
    select
        service,
        endpoint,
        version,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen
    from histograms
    group by service, endpoint, version
),

percentiles as (
    select * from {{ histogram_percentiles('histograms', ['service', 'endpoint', 'version']) }}
),

final as (
    select
        counted.*,
        percentiles.latency_ms_p50,
        percentiles.latency_ms_p95,
        percentiles.latency_ms_p99
    from counted
    left join percentiles
        on
            counted.service = percentiles.service
            and counted.endpoint = percentiles.endpoint
            and counted.version = percentiles.version
)

select * from final
