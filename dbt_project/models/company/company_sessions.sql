-- A session counts for the local day on which it begins. Where several sources tell of it, it has
-- of each kind of event those of the source that tells most: none counts twice. A session of a
-- source that tells purchases ordered when it tells one. Of the others, an order falls to the last
-- session that its customer began before it on its day; an order of which only the day is known, to
-- the last session of that day.
with tellings as (
    select * from {{ ref('company_session_tellings') }}
),

orders as (
    select * from {{ ref('company_orders') }}
    where not is_return and customer_key is not null
),

sales as (
    select count(*) > 0 as tell_customers
    from orders
),

sessions as (
    select
        min(source) as source,
        session_key,
        cast(count(*) as bigint) as sources,
        max(user_key) as user_key,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        min(started_on) as started_on,
        min(country) as country,
        min(channel) as channel,
        min(platform) as platform,
        max(views) as views,
        max(clicks) as clicks,
        max(hides) as hides,
        max(carts) as carts,
        max(purchases) as purchases,
        max(case when tells_purchases then 1 else 0 end) = 1 as tells_purchases
    from tellings
    group by session_key, session_number
),

placed as (
    select
        sessions.source,
        sessions.session_key,
        row_number() over (
            partition by orders.order_key
            order by sessions.started_at desc, sessions.source asc, sessions.session_key asc
        ) as nearness
    from sessions
    inner join orders
        on sessions.user_key = orders.customer_key and sessions.started_on = orders.ordered_on
    where
        not sessions.tells_purchases
        and (
            sessions.started_at <= orders.ordered_at
            or orders.ordered_at = {{ day_starts_at('orders.ordered_on') }}
        )
),

ordering_sessions as (
    select distinct
        source,
        session_key
    from placed
    where nearness = 1
),

final as (
    select
        sessions.source,
        sessions.session_key,
        sessions.sources,
        sessions.user_key,
        sessions.started_at,
        sessions.ended_at,
        sessions.started_on,
        sessions.country,
        sessions.channel,
        sessions.platform,
        sessions.views,
        sessions.clicks,
        sessions.hides,
        sessions.carts,
        sessions.purchases,
        case
            when sessions.tells_purchases then sessions.purchases > 0
            when sessions.user_key is not null and sales.tell_customers
                then ordering_sessions.session_key is not null
        end as has_order
    from sessions
    cross join sales
    left join ordering_sessions
        on
            sessions.source = ordering_sessions.source
            and sessions.session_key = ordering_sessions.session_key
)

select * from final
