-- An answer with a status of 500 or more satisfies nobody, however quick. A request that tells no
-- latency and did not fail cannot be rated and is left out of both sides.
with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

settings as (
    select
        service,
        max(apdex_ms) as apdex_ms
    from {{ objectives() }}
    group by service
),

buckets as (
    select
        service,
        requested_on,
        latency_bucket,
        sum(requests) as requests,
        sum(errors) as errors
    from histograms
    group by service, requested_on, latency_bucket
),

zones as (
    select
        buckets.*,
        coalesce(settings.apdex_ms, 500) as apdex_ms,
        {{ bucket_that_ends_at('coalesce(settings.apdex_ms, 500)') }} as satisfied_to,
        {{ bucket_that_ends_at('4 * coalesce(settings.apdex_ms, 500)') }} as tolerated_to
    from buckets
    left join settings on buckets.service = settings.service
),

counted as (
    select
        service,
        requested_on,
        apdex_ms,
        sum(case when latency_bucket is null then errors else requests end) as requests,
        coalesce(sum(case when latency_bucket <= satisfied_to then requests - errors end), 0)
            as satisfied,
        coalesce(
            sum(case
                when latency_bucket > satisfied_to and latency_bucket <= tolerated_to
                    then requests - errors
            end),
            0
        ) as tolerating
    from zones
    group by service, requested_on, apdex_ms
),

final as (
    select
        service,
        requested_on,
        apdex_ms,
        cast(requests as bigint) as requests,
        cast(satisfied as bigint) as satisfied,
        cast(tolerating as bigint) as tolerating,
        cast(satisfied as double) + cast(tolerating as double) / 2 as points
    from counted
    where requests > 0
)

select * from final
