with evidence as (
    select * from {{ source('insights', 'evidence') }}
),

final as (
    select
        link_id,
        grade,
        rank,
        gives_verdict,
        verdict,
        verdict_reason,
        effect,
        effect_low,
        effect_high,
        effect_unit,
        money_month,
        money_month_low,
        money_month_high,
        currency,
        p_value,
        q_value,
        lag_days,
        lag_set_low,
        lag_set_high,
        size,
        n_experiments,
        smallest_detectable_effect,
        smallest_effect,
        smallest_detectable_money_month,
        more_needed,
        method,
        caveats,
        inputs_build_id
    from evidence
)

select * from final
