with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

day_buckets as ( -- noqa: ST03
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

buckets as ( -- noqa: ST03
    select * from {{ buckets_of_periods('day_buckets', ['service', 'endpoint', 'version']) }}
),

final as (
    select *
    from {{ histogram_counts(
        'buckets', ['service', 'endpoint', 'version', 'grain', 'period_start']
    ) }}
)

select * from final -- noqa: AM04
