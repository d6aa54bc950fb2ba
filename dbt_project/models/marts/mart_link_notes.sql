with link_notes as (
    select * from {{ source('insights', 'link_notes') }}
),

final as (
    select
        link_id,
        caveats,
        fading_shape,
        fading_effect,
        fading_effect_low,
        fading_effect_high,
        fading_p_value,
        fading_lag_days,
        fading_note
    from link_notes
)

select * from final
