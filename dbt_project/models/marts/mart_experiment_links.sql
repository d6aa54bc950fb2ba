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
        p_value,
        reliability,
        heterogeneity,
        n_experiments,
        verdict,
        verdict_reason,
        caveats
    from experiment_links
)

select * from final
