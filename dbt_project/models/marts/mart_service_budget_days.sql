-- A day without a line spends nothing and saves nothing: it is counted apart.
with days as (
    select * from {{ ref('platform_slo_days') }}
),

known as (
    select data_through
    from {{ ref('stg_watermarks') }}
    where kind = 'service_logs'
),

final as (
    select
        days.service,
        days.window_days,
        days.objective,
        days.day,
        days.requests,
        days.errors,
        {{ ratio('days.errors', 'days.allowed_errors') }} as burn_rate,
        days.window_requests,
        days.window_errors,
        {{ ratio(
            'days.window_allowed_errors - days.window_errors', 'days.window_allowed_errors'
        ) }} as budget_left,
        days.days_seen,
        {{ is_period_complete('days.day', 'day', 'known.data_through') }} as is_complete
    from days
    cross join known
)

select * from final
