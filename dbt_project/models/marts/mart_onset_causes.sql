-- Nearness in time is no evidence: a release comes before what only lies near the onset when its
-- model's gains are shown to move this very KPI, and its own gain goes the way of the change.
with causes as (
    select * from {{ source('insights', 'onset_causes') }}
),

onsets as (
    select * from {{ source('insights', 'onsets') }}
),

company_series as (
    select * from {{ source('insights', 'onset_series') }}
    where entity = 'company'
),

links as (
    select * from {{ source('insights', 'links') }}
    where verdict = 'moves'
),

releases as (
    select * from {{ source('insights', 'link_releases') }}
),

catalogue as (
    select
        metric_name,
        case direction when 'up' then 1 when 'down' then -1 end as good_sign
    from {{ source('metrics', 'catalogue') }}
),

helpful as (
    select
        links.kpi,
        links.entity || ' ' || releases.version as name,
        links.effect * releases.log_change as moved_by
    from links
    inner join releases on links.link_id = releases.link_id
    left join catalogue on links.metric_name = catalogue.metric_name
    left join catalogue as kpis on links.kpi = kpis.metric_name
    where coalesce(links.effect * catalogue.good_sign * coalesce(kpis.good_sign, 1), 0) >= 0
),

evident as (
    select distinct
        onsets.onset_id,
        helpful.name
    from onsets
    inner join company_series on onsets.series_id = company_series.series_id
    inner join helpful on company_series.metric_name = helpful.kpi
    where helpful.moved_by * onsets.size > 0
),

marked as (
    select
        causes.*,
        causes.kind = 'release' and evident.name is not null as is_shown_to_move
    from causes
    left join evident on causes.onset_id = evident.onset_id and causes.name = evident.name
),

final as (
    select
        onset_id,
        series_id,
        row_number() over (
            partition by onset_id
            order by case when is_shown_to_move then 0 else 1 end, rank
        ) as rank,
        happened_at,
        kind,
        name,
        component,
        timing,
        lead_hours,
        share_explained,
        is_segment_share,
        is_measured,
        is_shown_to_move,
        words
    from marked
)

select * from final
