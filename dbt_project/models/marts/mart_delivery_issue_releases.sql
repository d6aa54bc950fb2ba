-- From an issue to what it moved: the release that carried it, and the effect of that release which
-- tells most (a verdict before a change in time). Most releases have none.
with issue_releases as (
    select * from {{ ref('team_issue_releases') }}
),

effects as (
    select
        *,
        row_number() over (
            partition by project, model, version
            order by
                case
                    when effect_words = 'moves' then 0
                    when effect_kind = 'lasting change after it' then 1
                    else 2
                end,
                effect_id
        ) as place,
        count(effect_kind) over (partition by project, model, version) as effects
    from {{ ref('mart_delivery_releases') }}
),

issues as (
    select
        issue_key,
        issue_type
    from {{ ref('team_issues') }}
),

final as (
    select
        issue_releases.project,
        issue_releases.issue_key,
        issues.issue_type,
        issue_releases.link_kind,
        issue_releases.model,
        issue_releases.version,
        issue_releases.released_on,
        issue_releases.days_from_start,
        issue_releases.days_from_done,
        coalesce(effects.effect_id, 'none') as effect_id,
        effects.effect_kind,
        effects.effect_on,
        effects.effect_of,
        effects.effect_words,
        cast(coalesce(effects.effects, 0) as bigint) as effects
    from issue_releases
    inner join issues on issue_releases.issue_key = issues.issue_key
    left join effects
        on
            issue_releases.project = effects.project
            and issue_releases.model = effects.model
            and issue_releases.version = effects.version
            and effects.place = 1
)

select * from final
