with onset_series as (
    select * from {{ source('insights', 'onset_series') }}
),

final as (
    select
        series_id,
        metric_name,
        entity,
        label,
        layer,
        role,
        unit,
        direction,
        format,
        grain,
        verdict,
        verdict_reason,
        p_value,
        q_value,
        n_series,
        n_periods,
        n_changes,
        verdict = 'changed' and is_going_on as is_going_on,
        first_at,
        last_at,
        smallest_detectable_size,
        method,
        caveats
    from onset_series
)

select * from final
