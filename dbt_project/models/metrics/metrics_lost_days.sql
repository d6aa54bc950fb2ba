-- Of logs, a day within a source's span on whose weekday it is usually there, and any day on which
-- no source has a line; of money, a day with an amount in a currency that has no rate.
with lines as (
    select distinct
        source,
        requested_on as day
    from {{ ref('platform_request_histograms') }}
),

records as (
    select
        source,
        day,
        false as is_any
    from lines
    union all
    select distinct
        'any' as source,
        day,
        true as is_any
    from lines
),

spans as (
    select
        source,
        is_any,
        min(day) as first_day,
        max(day) as last_day
    from records
    group by source, is_any
),

days as (
    select
        source,
        is_any,
        {{ day_rows('first_day', 'last_day') }} as day
    from spans
),

expected as (
    select
        days.day,
        days.is_any,
        records.day is not null as has_record,
        avg(case when records.day is null then 0.0 else 1.0 end) over (
            partition by
                days.source,
                days.is_any,
                mod({{ days_apart("cast('1900-01-01' as date)", 'days.day') }}, 7)
        ) as share_of_weekday
    from days
    left join records
        on
            days.source = records.source
            and days.is_any = records.is_any
            and days.day = records.day
),

final as (
    select distinct
        'service_logs' as kind,
        day as lost_on,
        'no line' as reason
    from expected
    where not has_record and (is_any or share_of_weekday >= 0.5)
    union all
    select distinct
        'sales' as kind,
        ordered_on as lost_on,
        'no rate' as reason
    from {{ ref('stg_sales_delivered_lines') }}
    where excluded_as = 'no_rate'
    union all
    select distinct
        'cost' as kind,
        day as lost_on,
        'no rate' as reason
    from {{ ref('platform_cost_days') }}
    where unpriced_lines > 0
)

select * from final
