-- An event that says a session began but gives it no id counts as a session of which nothing else
-- is known.
with sessions as (
    select * from {{ ref('company_sessions') }}
),

nameless as (
    select * from {{ ref('stg_events') }}
    where session_key is null and event_kind = 'session'
),

counted as (
    select
        source,
        started_on,
        country,
        channel,
        platform,
        has_order,
        views,
        clicks,
        hides
    from sessions
    union all
    select
        source,
        occurred_on as started_on,
        country,
        channel,
        platform,
        cast(null as boolean) as has_order,
        cast(null as bigint) as views,
        cast(null as bigint) as clicks,
        cast(null as bigint) as hides
    from nameless
),

final as (
    select
        source,
        started_on,
        country,
        channel,
        platform,
        cast(count(*) as bigint) as sessions,
        {{ count_where('has_order is not null') }} as sessions_with_order_known,
        {{ count_known('has_order') }} as sessions_with_order,
        {{ count_where('views is not null') }} as sessions_with_events_known,
        {{ count_known('views > 0') }} as sessions_with_view,
        {{ count_known('clicks > 0') }} as sessions_with_click,
        cast(sum(views) as bigint) as views,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(hides) as bigint) as hides
    from counted
    group by source, started_on, country, channel, platform
)

select * from final
