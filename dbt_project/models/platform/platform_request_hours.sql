with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

counted as (
    select
        service,
        hour_start,
        min(requested_on) as requested_on,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors
    from histograms
    group by service, hour_start
),

percentiles as (
    select * from {{ histogram_percentiles('histograms', ['service', 'hour_start']) }}
),

final as (
    select
        counted.service,
        counted.hour_start,
        counted.requested_on,
        counted.requests,
        counted.errors,
        percentiles.latency_ms_p50,
        percentiles.latency_ms_p95,
        percentiles.latency_ms_p99
    from counted
    left join percentiles
        on
            counted.service = percentiles.service
            and counted.hour_start = percentiles.hour_start
)

select * from final
