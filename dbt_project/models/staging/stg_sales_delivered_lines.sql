-- A line counts unless a rule of hub.yml excludes it, a later delivery speaks for it, or its
-- currency has no rate on its day.
with delivered as (
    select * from {{ delivered_rows('sales') }}
),

repeats as (
    select * from {{ ref('stg_sales_repeats') }}
),

rates as (
    select * from {{ ref('stg_rates') }}
),

typed as (
    select
        *,
        _load_id || '/' || coalesce(cast(_line as string), '') as delivered_as,
        {{ local_day('ordered_at') }} as ordered_on,
        coalesce(currency, '{{ var("currency") }}') as charged_currency,
        coalesce(quantity < 0, false) or coalesce(amount < 0, false) as is_return,
        {{ excluded_by(var('sales_exclusions')) }} as rule_name
    from delivered
),

judged as (
    select
        typed.*,
        repeats.kind as repeat_kind,
        repeats.spoken_in,
        case
            when typed.charged_currency = '{{ var("currency") }}' then 1
            else rates.rate_to_hub
        end as rate_to_hub
    from typed
    left join repeats on typed.delivered_as = repeats.delivered_as
    left join rates
        on
            typed.charged_currency = rates.currency
            and typed.ordered_on >= rates.rate_day
            and typed.ordered_on < rates.valid_before
),

final as (
    select
        delivered_as,
        _source as source,
        _file as file,
        _line as line,
        _source || '/' || coalesce(order_id, _file || ':' || cast(_line as string)) as order_key,
        ordered_at,
        ordered_on,
        {{ keyed_hash('customer_id') }} as customer_key,
        product_id,
        quantity,
        {{ in_hub_currency('unit_price', 'charged_currency', 'rate_to_hub') }} as unit_price,
        {{ in_hub_currency('amount', 'charged_currency', 'rate_to_hub') }} as amount,
        '{{ var("currency") }}' as currency,
        amount as charged_amount,
        charged_currency,
        nullif(trim(country), '') as country,
        nullif(trim(channel), '') as channel,
        is_return,
        case
            when repeat_kind is not null then repeat_kind
            when rule_name is not null then 'rule'
            when rate_to_hub is null then 'no_rate'
        end as excluded_as,
        case
            when repeat_kind is not null then spoken_in
            when rule_name is not null then rule_name
            when rate_to_hub is null then charged_currency
        end as excluded_by
    from judged
)

select * from final
