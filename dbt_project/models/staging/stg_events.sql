-- An event with an id counts once, as it was last delivered; one without is what its line says.
with delivered as (
    select * from {{ delivered_rows('events') }}
),

named as (
    select
        *,
        {{ replace_pattern(replace_pattern('lower(trim(event))', '[^a-z0-9]+', '_'), '^_|_$', '') }}
            as event_name,
        case
            when event_id is null then 1
            else row_number() over (
                partition by _source, event_id
                order by _loaded_at desc, _file desc, _line desc
            )
        end as recency
    from delivered
),

final as (
    select
        _source as source,
        _source || '/' || event_id as event_key,
        occurred_at,
        {{ local_day('occurred_at') }} as occurred_on,
        event_name,
        case
            when event_name in (
                'session', 'session_start', 'session_started', 'start_session', 'visit', 'app_open'
            ) then 'session'
            when event_name in (
                'view', 'viewed', 'pageview', 'page_view', 'page_viewed', 'page', 'screen_view',
                'view_item', 'item_view', 'product_view', 'product_viewed', 'detail_view'
            ) then 'view'
            when event_name in (
                'click', 'clicked', 'tap', 'select', 'select_item', 'item_click', 'item_clicked',
                'product_click', 'product_clicked', 'widget_click'
            ) then 'click'
            when event_name in (
                'hide', 'hidden', 'dismiss', 'dismissed', 'not_interested', 'item_hide',
                'item_hidden', 'product_hidden'
            ) then 'hide'
            when event_name in (
                'cart', 'add_to_cart', 'added_to_cart', 'addtocart', 'cart_add', 'product_added'
            ) then 'cart'
            when event_name in (
                'purchase', 'purchased', 'order', 'order_completed', 'order_placed', 'transaction',
                'buy', 'checkout_completed'
            ) then 'purchase'
            else 'other'
        end as event_kind,
        {{ keyed_hash('session_id') }} as session_key,
        {{ keyed_hash('user_id') }} as user_key,
        item_id,
        order_id,
        request_id,
        position,
        surface,
        {{ masked_path('page') }} as page,
        value,
        case when value is not null then coalesce(upper(currency), '{{ var("currency") }}') end
            as currency,
        variant,
        model,
        model_version,
        case
            when
                lower(trim(platform))
                not in ('', '-', 'n/a', 'na', 'none', 'null', 'undefined', 'unknown')
                then lower(trim(platform))
        end as platform,
        nullif(trim(country), '') as country,
        nullif(trim(channel), '') as channel
    from named
    where recency = 1
)

select * from final
