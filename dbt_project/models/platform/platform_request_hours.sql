-- Percentiles do not add up, so an hour that new lines fall into is made anew of its histogram.
with histograms as (
    select *
    from {{ ref('platform_request_histograms') }}
    where {{ is_not_before_new('hour_start', ref('platform_request_histograms'), 'hour') }}
),

touched as ( -- noqa: ST03
    select distinct
        service,
        hour_start
    from {{ ref('platform_request_histograms') }}
    where {{ is_new('loaded_at') }}
),

buckets as (
    select
        service,
        hour_start,
        latency_bucket,
        min(requested_on) as requested_on,
        sum(requests) as requests,
        sum(errors) as errors,
        max(loaded_at) as loaded_at
    from histograms
    where {{ is_touched('histograms', ['service', 'hour_start']) }}
    group by service, hour_start, latency_bucket
),

counted as (
    select
        service,
        hour_start,
        min(requested_on) as requested_on,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors,
        max(loaded_at) as loaded_at
    from buckets
    group by service, hour_start
),

percentiles as (
    select * from {{ histogram_percentiles('buckets', ['service', 'hour_start']) }}
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
        percentiles.latency_ms_p99,
        counted.loaded_at
    from counted
    left join percentiles
        on
            counted.service = percentiles.service
            and counted.hour_start = percentiles.hour_start
)

select * from final
