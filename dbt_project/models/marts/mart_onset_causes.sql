with causes as (
    select * from {{ source('insights', 'onset_causes') }}
),

final as (
    select
        onset_id,
        series_id,
        rank,
        happened_at,
        kind,
        name,
        component,
        timing,
        lead_hours,
        share_explained,
        is_segment_share,
        is_measured,
        words
    from causes
)

select * from final
