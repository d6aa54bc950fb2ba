-- Of logs, a day within a source's span on whose weekday it is usually there, and any day on which
-- no source has a line; of money, a day with an amount in a currency that has no rate.
with lines as (
    select distinct
        source,
        requested_on as day
    from {{ ref('platform_request_histograms') }}
),

records as ( -- noqa: ST03
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

expected as (
    select * from {{ expected_days('records', ['source', 'is_any']) }}
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
