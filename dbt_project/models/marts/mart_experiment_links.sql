with experiment_links as (
    select * from {{ source('insights', 'experiment_links') }}
),

final as (
    select
        model,
        offline_metric,
        metric,
        effect,
        effect_low,
        effect_high,
        effect_unit,
        p_value,
        reliability,
        heterogeneity,
        side_effect,
        naive_effect,
        naive_side_effect,
        smallest_detectable_effect,
        smallest_effect,
        experiments_needed,
        n_experiments,
        n_withheld,
        verdict,
        verdict_reason,
        method,
        caveats
    from experiment_links
)

select * from final
