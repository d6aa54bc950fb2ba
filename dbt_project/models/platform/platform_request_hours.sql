-- Percentiles do not add up. As long as new lines leave each in its bucket, which counts tell, an
-- hour is carried on; the others are made anew of their histogram.
with new_buckets as (
    select
        service,
        hour_start,
        latency_bucket,
        min(requested_on) as requested_on,
        sum(requests) as requests,
        sum(errors) as errors,
        max(loaded_at) as loaded_at
    from {{ ref('platform_request_histograms') }}
    where {{ is_new('loaded_at') }}
    group by service, hour_start, latency_bucket
),

{% if is_incremental() %}
carried_on as (
    select * from {{ percentiles_that_stay(this, 'new_buckets', ['service', 'hour_start']) }}
),

others as ( -- noqa: ST03
    select distinct
        service,
        hour_start
    from new_buckets
    where not {{ is_among('carried_on', 'new_buckets', ['service', 'hour_start']) }}
),

buckets as ( -- noqa: ST03
    select histograms.*
    from {{ ref('platform_request_histograms') }} as histograms
    where {{ is_among('others', 'histograms', ['service', 'hour_start']) }}
),

parts as (
    select
        service,
        hour_start,
        requested_on,
        requests,
        errors,
        loaded_at
    from new_buckets
    union all
    select
        kept.service,
        kept.hour_start,
        kept.requested_on,
        kept.requests,
        kept.errors,
        kept.loaded_at
    from {{ this }} as kept
    where {{ is_among('new_buckets', 'kept', ['service', 'hour_start']) }}
),

percentiles as (
    select * from {{ histogram_percentiles('buckets', ['service', 'hour_start']) }}
    union all
    select * from carried_on
),
{% else %}
parts as (
    select * from new_buckets
),

percentiles as (
    select * from {{ histogram_percentiles('new_buckets', ['service', 'hour_start']) }}
),
{% endif %}

counted as (
    select
        service,
        hour_start,
        min(requested_on) as requested_on,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors,
        max(loaded_at) as loaded_at
    from parts
    group by service, hour_start
),

final as (
    select
        counted.service,
        counted.hour_start,
        counted.requested_on,
        counted.requests,
        counted.errors,
        percentiles.timed_requests,
        {% for percent in percents_of_latency() %}
        percentiles.latency_ms_p{{ percent }},
        percentiles.bucket_p{{ percent }},
        percentiles.requests_below_p{{ percent }},
        percentiles.requests_up_to_p{{ percent }},
        {% endfor %}
        counted.loaded_at
    from counted
    left join percentiles
        on
            counted.service = percentiles.service
            and counted.hour_start = percentiles.hour_start
)

select * from final
