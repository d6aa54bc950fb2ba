-- From work to release to effect. An effect is either what a model's release did to a KPI, or a
-- lasting change of a service that the release preceded first of all; most releases have neither.
-- A KPI's own changes are not told here: their onset is open by weeks, so many releases fit it.
with issue_releases as (
    select * from {{ ref('team_issue_releases') }}
),

release_impacts as (
    select * from {{ ref('mart_release_impacts') }}
),

onsets as (
    select * from {{ ref('mart_onsets') }}
    where
        begins_episode
        and layer = 'platform'
        and first_cause_kind in ('deploy', 'release', 'rollback')
),

released_work as (
    select
        project,
        model,
        version,
        min(released_on) as released_on,
        cast(count(distinct issue_key) as bigint) as items,
        min(issue_key) as example_item
    from issue_releases
    group by project, model, version
),

impacts as (
    select
        model || ' ' || version as release_name,
        impact_id as effect_id,
        'release by itself' as effect_kind,
        kpi_label as effect_on,
        model as effect_of,
        verdict as effect_words,
        money_month,
        money_month_low,
        money_month_high,
        currency
    from release_impacts
),

changes as (
    select
        first_cause as release_name,
        onset_id as effect_id,
        'lasting change after it' as effect_kind,
        label as effect_on,
        entity as effect_of,
        case when size > 0 then 'rose' else 'fell' end as effect_words,
        cast(null as double) as money_month,
        cast(null as double) as money_month_low,
        cast(null as double) as money_month_high,
        cast(null as {{ dbt.type_string() }}) as currency
    from onsets
),

effects as (
    select * from impacts
    union all
    select * from changes
),

final as (
    select
        released_work.project,
        released_work.model,
        released_work.version,
        released_work.released_on,
        released_work.items,
        released_work.example_item,
        coalesce(effects.effect_id, 'none') as effect_id,
        effects.effect_kind,
        effects.effect_on,
        effects.effect_of,
        effects.effect_words,
        effects.money_month,
        effects.money_month_low,
        effects.money_month_high,
        effects.currency
    from released_work
    left join effects
        on released_work.model || ' ' || released_work.version = effects.release_name
)

select * from final
