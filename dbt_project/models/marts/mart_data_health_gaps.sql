-- A day of the week on which a source is mostly silent (a shop closed on Sundays) is no gap.
with records as ( -- noqa: ST03
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

expected as (
    select * from {{ expected_days('records', ['source', 'kind']) }}
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
