-- A day without a line spends nothing and saves nothing: it is counted apart.
with days as (
    select * from {{ ref('mart_service_days') }}
),

objectives as (
    select
        service,
        objective,
        window_days
    from {{ objectives() }}
),

windows as (
    select
        objectives.service,
        objectives.objective,
        objectives.window_days,
        days.day,
        cast(sum(past.requests) as bigint) as window_requests,
        cast(sum(past.errors) as bigint) as window_errors,
        cast(count(past.requests) as bigint) as days_seen
    from objectives
    inner join days on objectives.service = days.service
    inner join days as past
        on
            days.service = past.service
            and days.day >= past.day
            and {{ days_apart('past.day', 'days.day') }} < objectives.window_days
    group by 1, 2, 3, 4
),

final as (
    select
        windows.service,
        windows.window_days,
        windows.objective,
        windows.day,
        days.requests,
        days.errors,
        days.error_ratio / (1 - windows.objective) as burn_rate,
        windows.window_requests,
        windows.window_errors,
        1 - {{ ratio('windows.window_errors', 'windows.window_requests') }}
        / (1 - windows.objective) as budget_left,
        windows.days_seen,
        days.is_complete
    from windows
    inner join days
        on
            windows.service = days.service
            and windows.day = days.day
)

select * from final
