-- Exports overlap. Of lines that several deliveries hold (the same order, time, product and
-- direction) the last delivery speaks: what it repeats counts once, what it changed counts as it
-- is now. Without an order id a line is the same only where all its numbers are, and never where
-- no customer is named either.
with delivered as (
    select * from {{ delivered_rows('sales') }}
),

worded as (
    select
        _load_id || '/' || coalesce(cast(_line as string), '') as delivered_as,
        coalesce(delivery_id, '') as delivery,
        _source || ';' || cast(ordered_at as string) || ';' || coalesce(line_id, '') || ';'
        || coalesce(product_id, '') || ';'
        || case
            when coalesce(quantity < 0, false) or coalesce(amount < 0, false) then 'return'
            else 'sale'
        end as line_text,
        coalesce(cast(quantity as string), '') || ';' || coalesce(cast(unit_price as string), '')
        || ';' || coalesce(cast(amount as string), '') || ';' || coalesce(currency, '') as worth,
        order_id,
        customer_id,
        _loaded_at,
        _file
    from delivered
),

keyed as (
    select
        *,
        line_text || case
            when order_id is not null then ';order ' || order_id
            when customer_id is not null then ';customer ' || customer_id || ';' || worth
            else ';line ' || delivered_as
        end as line_key
    from worded
),

shared_keys as (
    select line_key
    from keyed
    group by line_key
    having min(delivery) <> max(delivery)
),

spoken as (
    select
        keyed.*,
        max(keyed._loaded_at) over (partition by keyed.line_key, keyed.delivery) as spoken_at,
        max(keyed._file) over (partition by keyed.line_key, keyed.delivery) as spoken_in
    from keyed
    inner join shared_keys on keyed.line_key = shared_keys.line_key
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by line_key order by spoken_at desc, spoken_in desc, delivery desc
        ) as recency
    from spoken
),

judged as (
    select
        delivered_as,
        recency,
        min(recency) over (partition by line_key, worth) = 1 as is_repeated,
        max(case when recency = 1 then spoken_in end) over (partition by line_key) as spoken_in
    from ranked
),

final as (
    select
        delivered_as,
        case when is_repeated then 'repeated' else 'changed' end as kind,
        spoken_in
    from judged
    where recency > 1
)

select * from final
