with items as (
    select * from {{ ref('team_sprint_items') }}
),

known as (
    select newest_at
    from {{ ref('stg_watermarks') }}
    where kind = 'jira'
),

sprints as (
    select
        sprints.source,
        sprints.sprint_id,
        sprints.sprint_name,
        sprints.started_at,
        sprints.state = 'closed' as is_complete,
        case
            when sprints.state = 'closed' then coalesce(sprints.completed_at, sprints.ends_at)
            else known.newest_at
        end as seen_at
    from {{ ref('stg_jira_sprints') }} as sprints
    cross join known
),

issues as (
    select * from {{ ref('team_issues') }}
),

done_spells as (
    select * from {{ ref('team_issue_spells') }}
    where category = 'done'
),

judged as (
    select
        items.*,
        sprints.sprint_name,
        sprints.started_at,
        sprints.seen_at,
        sprints.is_complete,
        case
            when items.is_approximate then coalesce(issues.finished_at <= sprints.started_at, false)
            else at_start.issue_key is not null
        end as was_done_before,
        case
            when items.is_approximate then coalesce(issues.finished_at <= sprints.seen_at, false)
            else at_end.issue_key is not null
        end as is_done
    from items
    inner join sprints on items.source = sprints.source and items.sprint_id = sprints.sprint_id
    inner join issues on items.source = issues.source and items.issue_key = issues.issue_key
    left join done_spells as at_start
        on
            items.issue_key = at_start.issue_key
            and sprints.started_at >= at_start.entered_at
            and (at_start.left_at is null or sprints.started_at < at_start.left_at)
    left join done_spells as at_end
        on
            items.issue_key = at_end.issue_key
            and sprints.seen_at >= at_end.entered_at
            and (at_end.left_at is null or sprints.seen_at < at_end.left_at)
),

final as (
    select
        source,
        project,
        sprint_id,
        sprint_name,
        started_at,
        {{ local_day('started_at') }} as started_on,
        seen_at as ended_at,
        {{ local_day('seen_at') }} as ended_on,
        is_complete,
        {{ count_where('is_committed') }} as committed,
        {{ count_where('not is_committed') }} as added,
        {{ count_where('is_there_at_end and is_done') }} as completed,
        {{ count_where('is_there_at_end and is_done and is_committed') }} as completed_committed,
        {{ count_where('is_there_at_end and not is_done') }} as carried_over,
        {{ count_where('not is_there_at_end') }} as removed,
        {{ count_where('is_approximate') }} as approximate_items
    from judged
    where not (was_done_before and is_done)
    group by
        source, project, sprint_id, sprint_name, started_at, seen_at, is_complete
)

select * from final
