-- Commitment: in the sprint at the moment it began. An issue that tells a sprint by a name that
-- several bear is left out here; Data health counts it.
with issues as (
    select * from {{ ref('team_issues') }}
),

sprints as (
    select
        *,
        case when state = 'closed' then coalesce(completed_at, ends_at) end as closed_at
    from {{ ref('stg_jira_sprints') }}
    where started_at is not null and state <> 'future'
),

stays as (
    select * from {{ ref('team_sprint_stays') }}
    where sprint_id is not null
),

final as (
    select
        sprints.source,
        sprints.sprint_id,
        issues.project,
        issues.issue_key,
        issues.is_approximate,
        {{ count_where(
            'stays.entered_at <= sprints.started_at'
            ~ ' and (stays.left_at is null or stays.left_at > sprints.started_at)'
        ) }} > 0 as is_committed,
        {{ count_where('stays.left_at is null or stays.left_at > sprints.closed_at') }} > 0
            as is_there_at_end
    from sprints
    inner join stays
        on
            sprints.source = stays.source
            and sprints.sprint_id = stays.sprint_id
            and (sprints.closed_at is null or sprints.closed_at >= stays.entered_at)
            and (stays.left_at is null or sprints.started_at < stays.left_at)
    inner join issues on stays.source = issues.source and stays.issue_key = issues.issue_key
    group by
        sprints.source, sprints.sprint_id, issues.project, issues.issue_key, issues.is_approximate
)

select * from final
