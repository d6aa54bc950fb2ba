-- A day of the week on which a source is mostly silent (a shop closed on Sundays) is no gap.
with records as (
    select
        source,
        'service_logs' as kind,
        requested_on as day
    from {{ ref('platform_request_histograms') }}
    union distinct
    select
        source,
        'sales' as kind,
        ordered_on as day
    from {{ ref('stg_sales_lines') }}
),

spans as (
    select
        source,
        kind,
        min(day) as first_day,
        max(day) as last_day
    from records
    group by source, kind
),

days as (
    select
        source,
        kind,
        {{ day_rows('first_day', 'last_day') }} as day
    from spans
),

expected as (
    select
        days.source,
        days.kind,
        days.day,
        records.day is not null as has_record,
        avg(case when records.day is null then 0.0 else 1.0 end) over (
            partition by
                days.source,
                days.kind,
                mod({{ days_apart("cast('1900-01-01' as date)", 'days.day') }}, 7)
        ) as share_of_weekday
    from days
    left join records
        on
            days.source = records.source
            and days.kind = records.kind
            and days.day = records.day
),

final as (
    select
        source,
        kind,
        day as gap_day
    from expected
    where not has_record and share_of_weekday >= 0.5
)

select * from final
