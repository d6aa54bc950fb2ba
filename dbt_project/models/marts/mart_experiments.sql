with experiments as (
    select * from {{ source('insights', 'experiments') }}
),

final as (
    select
        experiment,
        model,
        variant,
        metric,
        started_on,
        ended_on,
        users_control,
        users_treatment,
        expected_share,
        sample_ratio_p,
        status,
        withheld_reason,
        lift,
        lift_low,
        lift_high,
        lift_se,
        p_value,
        offline_metric,
        offline_delta,
        offline_se,
        verdict
    from experiments
)

select * from final
