-- What several sources tell of one session id is one session, unless half an hour or more lies
-- between: then the id was given twice. A source that tells purchases knows which session ordered.
with events as (
    select * from {{ ref('stg_events') }}
),

evidence as (
    select
        source,
        max(case when event_kind = 'purchase' then 1 else 0 end) as tells_purchases
    from events
    group by source
),

told as (
    select
        source,
        session_key,
        max(user_key) as user_key,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(occurred_on) as started_on,
        min(country) as country,
        min(channel) as channel,
        min(platform) as platform,
        {{ count_where("event_kind = 'view'") }} as views,
        {{ count_where("event_kind = 'click'") }} as clicks,
        {{ count_where("event_kind = 'hide'") }} as hides,
        {{ count_where("event_kind = 'cart'") }} as carts,
        {{ count_where("event_kind = 'purchase'") }} as purchases
    from events
    where session_key is not null
    group by source, session_key
),

after_others as (
    select
        *,
        max(ended_at) over (
            partition by session_key order by started_at, source
            rows between unbounded preceding and 1 preceding
        ) as others_ended_at
    from told
),

final as (
    select
        after_others.*,
        evidence.tells_purchases = 1 as tells_purchases,
        cast(
            sum(
                case
                    when
                        {{ dbt.dateadd('minute', 30, 'after_others.others_ended_at') }}
                        > after_others.started_at
                        then 0
                    else 1
                end
            ) over (
                partition by after_others.session_key
                order by after_others.started_at, after_others.source
                rows between unbounded preceding and current row
            ) as bigint
        ) as session_number
    from after_others
    inner join evidence on after_others.source = evidence.source
)

select * from final
