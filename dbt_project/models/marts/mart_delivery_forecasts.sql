with delivery_forecasts as (
    select * from {{ source('insights', 'delivery_forecasts') }}
),

final as (
    select
        project,
        question,
        remaining,
        weeks,
        certainty,
        answer_weeks,
        answer_items,
        finish_by,
        n_weeks,
        items_per_week,
        last_week,
        reason,
        method,
        caveats
    from delivery_forecasts
)

select * from final
