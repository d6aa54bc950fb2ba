-- An episode without an end was still firing where the data end, or nothing has come since.
with alerts as (
    select * from {{ ref('platform_slo_alerts') }}
),

burn as (
    select * from {{ ref('mart_service_burn') }}
),

final as (
    select
        alerts.service,
        alerts.objective,
        alerts.rule,
        alerts.severity,
        alerts.episode,
        alerts.started_at,
        case
            when
                alerts.last_fired_at = burn.as_of
                and burn.state in ('firing', 'silent') then null
            else alerts.last_fired_at
        end as ended_at,
        alerts.last_fired_at,
        alerts.firing_minutes,
        burn.burn_limit,
        alerts.peak_burn_rate,
        alerts.peak_at,
        alerts.requests_at_peak,
        alerts.errors_at_peak,
        alerts.least_minutes_seen,
        alerts.minutes_of_window,
        alerts.is_data_missing,
        burn.state as state_now
    from alerts
    left join burn
        on
            alerts.service = burn.service
            and alerts.objective = burn.objective
            and alerts.rule = burn.rule
)

select * from final
