-- Public holidays stand beside the company's own days, but not where those name a holiday of the
-- same day and country already, and only in the time that the hub's data span and a year beyond.
with delivered as (
    select
        *,
        _file like 'var/holidays/%' as is_public
    from {{ delivered_rows('calendar') }}
),

loads as (
    select * from {{ ref('stg_loads') }}
),

days as (
    select
        day,
        lower(coalesce(kind, 'other')) as kind,
        {{ masked_addresses('name') }} as name,
        country,
        is_public
    from delivered
),

own_holidays as (
    select
        day,
        country
    from days
    where kind = 'holiday' and not is_public
),

span as (
    select
        min({{ local_day('first_at') }}) as first_day,
        {{ add_days('max(' ~ local_day('last_at') ~ ')', 366) }} as last_day
    from loads
    where kind <> 'calendar' and status = 'loaded'
),

final as (
    select distinct
        days.day,
        days.kind,
        days.name,
        days.country
    from days
    cross join span
    where
        not days.is_public
        or (
            days.day between span.first_day and span.last_day
            and not exists (
                select 1
                from own_holidays
                where
                    own_holidays.day = days.day
                    and coalesce(own_holidays.country, days.country) = days.country
            )
        )
)

select * from final
