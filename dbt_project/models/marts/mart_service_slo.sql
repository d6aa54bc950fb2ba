-- Burn rate 1 spends the whole error budget in exactly one window. Hours without a line count
-- neither as good nor as bad.
with objectives as (
    select *
    from
        {{ configured_rows(
            'slos', {'service': 'string', 'objective': 'double', 'window_days': 'integer'}
        ) }}
),

hours as (
    select * from {{ ref('platform_request_hours') }}
),

known as (
    select newest_at as data_through
    from {{ ref('stg_watermarks') }}
    where kind = 'service_logs'
),

windows as (
    select
        objectives.service,
        objectives.window_days,
        objectives.objective,
        1 - objectives.objective as error_budget,
        known.data_through,
        {{ dbt.dateadd('day', '-objectives.window_days', 'known.data_through') }} as window_start
    from objectives
    left join known on true
),

counted as (
    select
        windows.service,
        windows.window_days,
        windows.objective,
        windows.error_budget,
        windows.data_through,
        cast(sum(hours.requests) as bigint) as requests,
        cast(sum(hours.errors) as bigint) as errors
    from windows
    left join hours
        on
            windows.service = hours.service
            and windows.window_start <= hours.hour_start
    group by 1, 2, 3, 4, 5
),

final as (
    select
        service,
        window_days,
        objective,
        requests,
        errors,
        {{ ratio('errors', 'requests') }} as error_ratio,
        error_budget,
        1 - {{ ratio('errors', 'requests') }} / nullif(error_budget, 0) as budget_left,
        {{ ratio('errors', 'requests') }} / nullif(error_budget, 0) as burn_rate,
        data_through
    from counted
)

select * from final
