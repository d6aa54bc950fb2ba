-- Where no whole history tells when an issue was in a sprint, those it names today count from its
-- creation on. Commitment: in the sprint at the moment it began.
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

changes as (
    select
        *,
        row_number() over (partition by issue_key order by changed_at, entry, item nulls last)
            as place,
        lead(changed_at) over (partition by issue_key order by changed_at, entry, item nulls last)
            as next_changed_at
    from {{ ref('stg_jira_changes') }}
    where lower(field) = 'sprint' and issue_key is not null
),

exact_lists as (
    select
        changes.issue_key,
        changes.to_id as sprint_ids,
        changes.changed_at as entered_at,
        changes.next_changed_at as left_at
    from changes
    inner join issues on changes.issue_key = issues.issue_key
    where not issues.is_approximate
    union all
    select
        changes.issue_key,
        changes.from_id as sprint_ids,
        issues.created_at as entered_at,
        changes.changed_at as left_at
    from changes
    inner join issues on changes.issue_key = issues.issue_key
    where not issues.is_approximate and changes.place = 1
),

exact_stays as (
    select
        issue_key,
        entered_at,
        left_at,
        {{ pattern_rows('sprint_ids', '[0-9]+') }} as sprint_id
    from exact_lists
    where sprint_ids is not null
),

named as (
    select
        issues.issue_key,
        issues.created_at,
        {{ json_list_rows('issues.sprints') }} as sprint_name
    from issues
    left join changes on issues.issue_key = changes.issue_key and changes.place = 1
    where issues.sprints is not null and (issues.is_approximate or changes.issue_key is null)
),

stays as (
    select
        exact_stays.issue_key,
        sprints.sprint_id,
        exact_stays.entered_at,
        exact_stays.left_at
    from exact_stays
    inner join sprints on exact_stays.sprint_id = sprints.sprint_id
    union all
    select
        named.issue_key,
        sprints.sprint_id,
        named.created_at as entered_at,
        cast(null as {{ type_instant() }}) as left_at
    from named
    inner join sprints on named.sprint_name = sprints.sprint_name
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
            sprints.sprint_id = stays.sprint_id
            and (sprints.closed_at is null or sprints.closed_at >= stays.entered_at)
            and (stays.left_at is null or sprints.started_at < stays.left_at)
    inner join issues on stays.issue_key = issues.issue_key
    group by
        sprints.source, sprints.sprint_id, issues.project, issues.issue_key, issues.is_approximate
)

select * from final
