with experiment_overlaps as (
    select * from {{ source('insights', 'experiment_overlaps') }}
),

final as (
    select
        metric,
        first,
        second,
        variant_of_first,
        variant_of_second,
        users_in_both,
        share_of_first,
        share_of_second,
        share_of_either,
        effect_alone,
        effect_beside,
        interaction,
        low,
        high,
        unit,
        p_value,
        p_value_adjusted,
        smallest_detectable,
        smallest_interaction,
        independence_p,
        verdict,
        verdict_reason,
        caveats
    from experiment_overlaps
)

select * from final
