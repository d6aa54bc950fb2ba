-- Only changes that survive the correction for the number of series that were looked at.
with onsets as (
    select * from {{ source('insights', 'onsets') }}
    where is_confirmed
),

onset_series as (
    select * from {{ source('insights', 'onset_series') }}
),

causes as (
    select * from {{ ref('mart_onset_causes') }}
),

counted as (
    select
        onset_id,
        cast(count(*) as bigint) as n_causes
    from causes
    group by onset_id
),

first_causes as (
    select
        onset_id,
        kind as first_cause_kind,
        name as first_cause,
        words as first_cause_words
    from causes
    where rank = 1 and share_explained >= 0.5
),

final as (
    select
        onsets.onset_id,
        onsets.series_id,
        onset_series.metric_name,
        onset_series.entity,
        onset_series.label,
        onset_series.layer,
        onset_series.role,
        onset_series.unit,
        onset_series.direction,
        onset_series.format,
        onset_series.grain,
        onsets.change_no,
        onsets.onset_at,
        onsets.onset_low,
        onsets.onset_high,
        onsets.ended_at,
        onsets.state,
        onsets.begins_episode,
        onsets.is_clearest,
        onsets.is_worse,
        onsets.level_before,
        onsets.level_after,
        onsets.size,
        onsets.size_low,
        onsets.size_high,
        onsets.size_share,
        onsets.p_value,
        onsets.n_before,
        onsets.n_after,
        coalesce(counted.n_causes, 0) as n_causes,
        first_causes.first_cause_kind,
        first_causes.first_cause,
        first_causes.first_cause_words
    from onsets
    inner join onset_series on onsets.series_id = onset_series.series_id
    left join counted on onsets.onset_id = counted.onset_id
    left join first_causes on onsets.onset_id = first_causes.onset_id
)

select * from final
