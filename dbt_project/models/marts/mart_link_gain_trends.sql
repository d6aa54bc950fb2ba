with link_gain_trends as (
    select * from {{ source('insights', 'link_gain_trends') }}
),

final as (
    select
        link_id,
        n_releases,
        change_per_release,
        change_low,
        change_high,
        rank_correlation,
        p_value,
        verdict,
        verdict_reason,
        method,
        caveats
    from link_gain_trends
)

select * from final
