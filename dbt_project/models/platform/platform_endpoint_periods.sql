with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

day_buckets as (
    select
        service,
        coalesce(endpoint, '__null__') as endpoint,
        coalesce(version, '__null__') as version,
        requested_on,
        latency_bucket,
        sum(requests) as requests,
        sum(errors) as errors
    from histograms
    group by 1, 2, 3, 4, 5
),

buckets as (
    {%- for grain in grains() %}
    select
        service,
        endpoint,
        version,
        '{{ grain }}' as grain,
        {{ period_start('requested_on', grain) }} as period_start,
        latency_bucket,
        requests,
        errors
    from day_buckets
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

counted as (
    select
        service,
        endpoint,
        version,
        grain,
        period_start,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors
    from buckets
    group by service, endpoint, version, grain, period_start
),

percentiles as (
    select * from {{ histogram_percentiles(
        'buckets', ['service', 'endpoint', 'version', 'grain', 'period_start']
    ) }}
),

final as (
    select
        counted.service,
        counted.endpoint,
        counted.version,
        counted.grain,
        counted.period_start,
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
            and counted.grain = percentiles.grain
            and counted.period_start = percentiles.period_start
)

select * from final
