with histograms as ( -- noqa: ST03
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
    select *
    from {{ histogram_counts(
        'histograms',
        ['service', 'endpoint', 'version'],
        also=['min(first_seen) as first_seen', 'max(last_seen) as last_seen'],
    ) }}
),

final as (
    select
        service,
        endpoint,
        version,
        requests,
        errors,
        first_seen,
        last_seen,
        latency_ms_p50,
        latency_ms_p95,
        latency_ms_p99
    from counted
)

select * from final
