with delivered as (
    select * from {{ delivered_rows('sales') }}
),

final as (
    select
        _load_id || '/' || coalesce(cast(_line as string), '') as delivered_as,
        _source as source,
        _source || '/' || order_id as order_key,
        ordered_at,
        {{ local_day('ordered_at') }} as ordered_on,
        {{ keyed_hash('customer_id') }} as customer_key,
        product_id,
        quantity,
        unit_price,
        amount,
        coalesce(currency, '{{ var("currency") }}') as currency,
        nullif(trim(country), '') as country,
        nullif(trim(channel), '') as channel,
        coalesce(quantity < 0, false) or coalesce(amount < 0, false) as is_return
    from delivered
)

select * from final
