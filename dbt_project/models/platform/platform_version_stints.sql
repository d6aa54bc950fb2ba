-- During a rollout two versions answer side by side, so a stint starts with an hour in which a
-- version answers two thirds of the requests and did not before. Its fringe (the hour before and
-- everything up to the next stint of the version) belongs to it; a version that never leads so
-- clearly, such as one side of an even split, has one stint of number 0.
with histograms as (
    select * from {{ ref('platform_request_histograms') }}
),

version_hours as (
    select
        service,
        version,
        hour_start,
        sum(requests) as requests
    from histograms
    where version is not null
    group by service, version, hour_start
),

leaders as (
    select
        service,
        version,
        hour_start
    from (
        select
            *,
            sum(requests) over (partition by service, hour_start) as requests_of_service
        from version_hours
    ) as shares
    where requests * 3 >= requests_of_service * 2
),

changes as (
    select
        *,
        lag(version) over (partition by service order by hour_start) as previous_version
    from leaders
),

stints as (
    select
        service,
        version,
        previous_version,
        hour_start as led_from,
        row_number() over (partition by service order by hour_start) as stint
    from changes
    where previous_version is null or previous_version <> version
),

final as (
    select
        version_hours.service,
        version_hours.version,
        version_hours.hour_start,
        coalesce(
            max(case
                when
                    stints.led_from
                    <= {{ dbt.dateadd('hour', 1, 'version_hours.hour_start') }}
                    then stints.stint
            end),
            min(stints.stint),
            0
        ) as stint,
        cast(max(version_hours.requests) as bigint) as requests
    from version_hours
    left join stints
        on
            version_hours.service = stints.service
            and version_hours.version = stints.version
    group by 1, 2, 3
)

select * from final
