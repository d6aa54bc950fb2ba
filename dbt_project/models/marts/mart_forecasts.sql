with forecasts as (
    select * from {{ source('insights', 'forecasts') }}
),

final as (
    select
        metric_name,
        label,
        unit,
        format,
        grain,
        period_start,
        period_end,
        data_through,
        so_far,
        days_seen,
        days_missing,
        days_left,
        expected,
        low_80,
        high_80,
        low_95,
        high_95,
        target,
        chance_of_target,
        chance_simulated,
        chance_is_bound,
        n_as_far_off,
        reason,
        more_needed,
        n_back_tests,
        coverage_80,
        coverage_95,
        error,
        naive_error,
        back_test_reason,
        method,
        caveats
    from forecasts
)

select * from final
