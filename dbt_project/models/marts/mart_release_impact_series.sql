with release_impact_series as (
    select * from {{ source('insights', 'release_impact_series') }}
),

final as (
    select
        impact_id,
        day,
        actual,
        counterfactual,
        low,
        high,
        is_left_out
    from release_impact_series
)

select * from final
