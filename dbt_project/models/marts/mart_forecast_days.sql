with forecast_days as (
    select * from {{ source('insights', 'forecast_days') }}
),

final as (
    select
        metric_name,
        grain,
        day,
        actual,
        expected,
        low_80,
        high_80,
        low_95,
        high_95
    from forecast_days
)

select * from final
