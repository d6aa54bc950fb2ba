with release_impacts as (
    select * from {{ source('insights', 'release_impacts') }}
),

final as (
    select
        impact_id,
        model,
        version,
        released_on,
        kpi,
        kpi_label,
        kpi_unit,
        verdict,
        verdict_reason,
        effect,
        effect_low,
        effect_high,
        effect_unit,
        p_value,
        q_value,
        pre_release_p_value,
        smallest_detectable_effect,
        smallest_effect,
        more_needed,
        kpi_month,
        kpi_month_low,
        kpi_month_high,
        money_month,
        money_month_low,
        money_month_high,
        currency,
        donut_days,
        n_days_before,
        n_days_after,
        first_day,
        last_day,
        method,
        caveats,
        inputs_build_id
    from release_impacts
)

select * from final
