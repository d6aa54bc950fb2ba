-- A session counts for the local day on which it begins. A source that tells purchases knows which
-- session ordered. Of any other, an order falls to the last session that its customer began before
-- it on its day; an order of which only the day is known, to the last session of that day.
with events as (
    select * from {{ ref('stg_events') }}
),

orders as (
    select * from {{ ref('company_orders') }}
    where not is_return and customer_key is not null
),

sales as (
    select count(*) > 0 as tell_customers
    from orders
),

evidence as (
    select
        events.source,
        max(case when events.event_kind = 'purchase' then 1 else 0 end) = 1 as tells_purchases,
        sales.tell_customers
    from events
    cross join sales
    group by events.source, sales.tell_customers
),

of_ids as (
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

placed as (
    select
        of_ids.source,
        of_ids.session_key,
        row_number() over (
            partition by of_ids.source, orders.order_key
            order by of_ids.started_at desc, of_ids.session_key asc
        ) as nearness
    from of_ids
    inner join orders
        on of_ids.user_key = orders.customer_key and of_ids.started_on = orders.ordered_on
    where
        of_ids.started_at <= orders.ordered_at
        or orders.ordered_at = {{ day_starts_at('orders.ordered_on') }}
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
        of_ids.*,
        case
            when evidence.tells_purchases then of_ids.purchases > 0
            when of_ids.user_key is not null and evidence.tell_customers
                then ordering_sessions.session_key is not null
        end as has_order
    from of_ids
    inner join evidence on of_ids.source = evidence.source
    left join ordering_sessions
        on
            of_ids.source = ordering_sessions.source
            and of_ids.session_key = ordering_sessions.session_key
)

select * from final
