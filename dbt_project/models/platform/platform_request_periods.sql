with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

day_buckets as ( -- noqa: ST03
    select
        service,
        requested_on,
        latency_bucket,
        sum(requests) as requests,
        sum(errors) as errors
    from histograms
    group by service, requested_on, latency_bucket
),

buckets as ( -- noqa: ST03
    select * from {{ buckets_of_periods('day_buckets', ['service']) }}
),

final as (
    select * from {{ histogram_counts('buckets', ['service', 'grain', 'period_start']) }}
)

select * from final -- noqa: AM04
