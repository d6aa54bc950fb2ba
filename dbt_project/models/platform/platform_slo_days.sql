-- A day without a line spends nothing and saves nothing: the window holds the days that were seen.
with request_days as (
    select * from {{ ref('platform_request_days') }}
),

objectives as (
    select
        service,
        objective,
        window_days,
        window_days = max(window_days) over (partition by service) as is_longest_window
    from {{ objectives() }}
),

days as (
    select * from {{ service_days('request_days') }}
),

windows as (
    select
        objectives.service,
        objectives.window_days,
        objectives.objective,
        objectives.is_longest_window,
        days.day,
        cast(sum(past.requests) as bigint) as window_requests,
        cast(sum(past.errors) as bigint) as window_errors,
        cast(count(past.requests) as bigint) as days_seen
    from objectives
    inner join days on objectives.service = days.service
    left join request_days as past
        on
            days.service = past.service
            and days.day >= past.requested_on
            and {{ days_apart('past.requested_on', 'days.day') }} < objectives.window_days
    group by 1, 2, 3, 4, 5
),

final as (
    select
        windows.service,
        windows.window_days,
        windows.objective,
        windows.is_longest_window,
        windows.day,
        request_days.requests,
        request_days.errors,
        request_days.requests * (1 - windows.objective) as allowed_errors,
        windows.window_requests,
        windows.window_errors,
        windows.window_requests * (1 - windows.objective) as window_allowed_errors,
        windows.days_seen
    from windows
    left join request_days
        on
            windows.service = request_days.service
            and windows.day = request_days.requested_on
)

select * from final
