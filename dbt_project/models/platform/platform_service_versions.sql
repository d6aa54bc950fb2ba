with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

stint_hours as (
    select * from {{ ref('platform_version_stints') }}
),

joined as (
    select
        histograms.*,
        stint_hours.stint
    from histograms
    inner join stint_hours
        on
            histograms.service = stint_hours.service
            and histograms.version = stint_hours.version
            and histograms.hour_start = stint_hours.hour_start
),

counted as (
    select
        service,
        version,
        stint,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors
    from joined
    group by service, version, stint
),

percentiles as (
    select * from {{ histogram_percentiles('joined', ['service', 'version', 'stint']) }}
),

compared as (
    select
        counted.*,
        percentiles.latency_ms_p50,
        percentiles.latency_ms_p95,
        percentiles.latency_ms_p99,
        lag(counted.version) over (
            partition by counted.service, counted.stint > 0
            order by counted.stint
        ) as last_version,
        row_number() over (
            partition by counted.service, counted.version
            order by counted.stint
        ) as stint_of_version
    from counted
    left join percentiles
        on
            counted.service = percentiles.service
            and counted.version = percentiles.version
            and counted.stint = percentiles.stint
),

final as (
    select
        service,
        version,
        stint,
        first_seen,
        last_seen,
        requests,
        errors,
        latency_ms_p50,
        latency_ms_p95,
        latency_ms_p99,
        case when stint > 0 then last_version end as previous_version,
        stint > 1 and stint_of_version > 1 as is_rollback
    from compared
)

select * from final
