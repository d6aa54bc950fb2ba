with forecast_back_tests as (
    select * from {{ source('insights', 'forecast_back_tests') }}
),

final as (
    select
        metric_name,
        grain,
        period_start,
        origin,
        days_left,
        actual,
        expected,
        naive,
        low_80,
        high_80,
        low_95,
        high_95
    from forecast_back_tests
)

select * from final
