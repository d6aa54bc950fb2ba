with forecasts as (
    select * from {{ source('insights', 'forecasts') }}
),

back_tests as (
    select * from {{ source('insights', 'forecast_back_tests') }}
),

days_tested as (
    select
        metric_name,
        grain,
        min(days_left) as least_days_tested,
        max(days_left) as most_days_tested
    from back_tests
    group by metric_name, grain
),

final as (
    select
        forecasts.metric_name,
        forecasts.label,
        forecasts.unit,
        forecasts.format,
        forecasts.grain,
        forecasts.period_start,
        forecasts.period_end,
        forecasts.data_through,
        forecasts.so_far,
        forecasts.days_seen,
        forecasts.days_missing,
        forecasts.days_left,
        forecasts.expected,
        forecasts.low_80,
        forecasts.high_80,
        forecasts.low_95,
        forecasts.high_95,
        forecasts.target,
        forecasts.chance_of_target,
        forecasts.chance_simulated,
        forecasts.chance_is_bound,
        forecasts.n_as_far_off,
        forecasts.reason,
        forecasts.more_needed,
        forecasts.n_back_tests,
        days_tested.least_days_tested,
        days_tested.most_days_tested,
        forecasts.coverage_80,
        forecasts.coverage_95,
        forecasts.error,
        forecasts.naive_error,
        forecasts.back_test_reason,
        forecasts.method,
        forecasts.caveats
    from forecasts
    left join days_tested
        on
            forecasts.metric_name = days_tested.metric_name
            and forecasts.grain = days_tested.grain
)

select * from final
