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
        fading_note,
        naive_effect,
        naive_effect_low,
        naive_effect_high,
        timing_p_value,
        autocorrelation_1,
        autocorrelation_7,
        whitened_autocorrelation_1,
        whitened_autocorrelation_7,
        whiteness_p_value
    from link_notes
)

select * from final
