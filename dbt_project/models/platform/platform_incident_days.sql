-- Minutes under at least one incident: two at a time count once. An open incident lasts to the end
-- of what is known. The list of incidents is delivered whole: a day without one has zero minutes.
with incidents as (
    select * from {{ ref('platform_incidents') }}
),

services as (
    select service from incidents
    union distinct
    select service from {{ ref('platform_request_days') }}
),

known as (
    select
        data_through,
        {{ local_day('data_from') }} as first_day,
        {{ local_day('data_through') }} as last_day
    from {{ ref('stg_watermarks') }}
    where kind = 'incidents'
),

lasting as (
    select
        incidents.service,
        incidents.started_at,
        coalesce(incidents.ended_at, greatest(known.data_through, incidents.started_at)) as ended_at
    from incidents
    cross join known
    where incidents.ended_at is not null or incidents.is_open
),

chained as (
    select
        *,
        max(ended_at) over (
            partition by service order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as ended_before
    from lasting
),

alone as (
    select
        service,
        ended_at,
        case when ended_before > started_at then ended_before else started_at end as started_at
    from chained
    where ended_before is null or ended_before < ended_at
),

pieces as (
    select
        service,
        started_at,
        ended_at,
        {{ day_rows(local_day('started_at'), local_day('ended_at')) }} as day
    from alone
),

minutes as (
    select
        service,
        day,
        sum(cast({{ dbt.datediff(
            'greatest(started_at, ' ~ day_starts_at('day') ~ ')',
            'least(ended_at, ' ~ day_starts_at(add_days('day', 1)) ~ ')',
            'second'
        ) }} as double)) / 60.0 as incident_minutes
    from pieces
    group by service, day
),

started as (
    select
        service,
        started_on as day,
        cast(count(*) as bigint) as incidents_started
    from incidents
    group by service, started_on
),

days as (
    select
        services.service,
        {{ day_rows('known.first_day', 'known.last_day') }} as day
    from services
    cross join known
),

final as (
    select
        days.service,
        days.day,
        coalesce(started.incidents_started, 0) as incidents_started,
        coalesce(minutes.incident_minutes, 0.0) as incident_minutes
    from days
    left join minutes on days.service = minutes.service and days.day = minutes.day
    left join started on days.service = started.service and days.day = started.day
)

select * from final
