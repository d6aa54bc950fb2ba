-- A rate holds until the next one, and for a month at most: an older one is no longer known.
with delivered as (
    select * from {{ delivered_rows('rates') }}
),

oriented as (
    select
        day as rate_day,
        currency,
        rate as rate_to_hub,
        _loaded_at,
        _file,
        _line
    from delivered
    where base_currency = '{{ var("currency") }}' and currency <> base_currency
    union all
    select
        day as rate_day,
        base_currency as currency,
        1.0 / rate as rate_to_hub,
        _loaded_at,
        _file,
        _line
    from delivered
    where currency = '{{ var("currency") }}' and currency <> base_currency
),

ranked as (
    select
        *,
        row_number() over (
            partition by currency, rate_day order by _loaded_at desc, _file desc, _line desc
        ) as recency
    from oriented
),

final as (
    select
        currency,
        rate_day,
        rate_to_hub,
        least(
            coalesce(
                lead(rate_day) over (partition by currency order by rate_day),
                {{ add_days('rate_day', 31) }}
            ),
            {{ add_days('rate_day', 31) }}
        ) as valid_before
    from ranked
    where recency = 1
)

select * from final
