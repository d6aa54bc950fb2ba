with requests as (
    select * from {{ ref('stg_service_requests') }}
),

stint_hours as (
    select * from {{ ref('platform_version_stints') }}
),

stints as (
    select
        requests.service,
        requests.version,
        stint_hours.stint,
        min(requests.requested_at) as first_seen,
        max(requests.requested_at) as last_seen,
        cast(count(*) as bigint) as requests,
        {{ count_where('requests.is_error') }} as errors,
        {{ percentile('requests.latency_ms', 0.95) }} as latency_ms_p95
    from requests
    inner join stint_hours
        on
            requests.service = stint_hours.service
            and requests.version = stint_hours.version
            and requests.hour_start = stint_hours.hour_start
    group by 1, 2, 3
),

compared as (
    select
        *,
        lag(version) over (partition by service, stint > 0 order by stint) as last_version,
        row_number() over (partition by service, version order by stint) as stint_of_version
    from stints
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
        latency_ms_p95,
        case when stint > 0 then last_version end as previous_version,
        stint > 1 and stint_of_version > 1 as is_rollback
    from compared
)

select * from final
