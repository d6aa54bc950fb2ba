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
        measure,
        mean_control,
        mean_treatment,
        lift,
        lift_low,
        lift_high,
        lift_se,
        p_value,
        p_value_adjusted,
        smallest_detectable_lift,
        smallest_lift,
        offline_metric,
        offline_delta,
        offline_se,
        offline_delta - 1.96 * offline_se as offline_delta_low,
        offline_delta + 1.96 * offline_se as offline_delta_high,
        offline_log_change,
        offline_log_change_se,
        offline_log_change - 1.96 * offline_log_change_se as offline_log_change_low,
        offline_log_change + 1.96 * offline_log_change_se as offline_log_change_high,
        verdict,
        verdict_reason,
        guardrail,
        guardrail_reason,
        guardrail_margin,
        caveats
    from experiments
)

select * from final
