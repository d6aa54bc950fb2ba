with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

stint_hours as (
    select * from {{ ref('platform_version_stints') }}
),

joined as ( -- noqa: ST03
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
    select *
    from {{ histogram_counts(
        'joined',
        ['service', 'version', 'stint'],
        also=['min(first_seen) as first_seen', 'max(last_seen) as last_seen'],
    ) }}
),

compared as (
    select
        *,
        lag(version) over (
            partition by service, stint > 0
            order by stint
        ) as last_version,
        row_number() over (
            partition by service, version
            order by stint
        ) as stint_of_version
    from counted
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
