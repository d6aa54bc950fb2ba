-- Where several sources deliver one key, the state updated last counts; see `stg_jira_excluded`.
with delivered as (
    select * from {{ delivered_rows('jira_issues') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _source, issue_key
            order by coalesce(updated_at, created_at) desc, _loaded_at desc, _file desc, _line desc
        ) as recency
    from delivered
),

statuses as (
    select * from {{ ref('stg_jira_statuses') }}
),

histories as (
    select * from {{ ref('stg_jira_histories') }}
),

activity as (
    select
        _source as source,
        issue_id,
        count(distinct case when kind = 'comment' then entry_id end) as comments,
        count(distinct case when kind = 'worklog' then entry_id end) as worklogs
    from {{ delivered_rows('jira_activity') }}
    where issue_id is not null
    group by _source, issue_id
),

-- An issue that moved to another project keeps its id and has its key of today.
moved as (
    select
        *,
        row_number() over (
            partition by _source, coalesce(issue_id, issue_key)
            order by coalesce(updated_at, created_at) desc, _loaded_at desc, _file desc, _line desc
        ) as recency_of_id
    from ranked
    where recency = 1
),

told as (
    select
        *,
        {{ replace_pattern('lower(status_category)', '[^a-z]+', '_') }} as category_name,
        row_number() over (
            partition by issue_key
            order by coalesce(updated_at, created_at) desc, _loaded_at desc, _file desc, _line desc
        ) as recency_of_source
    from moved
    where recency_of_id = 1
),

final as (
    select
        told.issue_key,
        told._source as source,
        told.issue_id,
        coalesce(told.project, {{ replace_pattern('told.issue_key', '-[0-9]+$', '') }}) as project,
        told.issue_type,
        told.status,
        case
            when statuses.is_listed then statuses.category
            when told.category_name in ('done', 'complete') then 'done'
            when told.category_name in ('in_progress', 'indeterminate') then 'in_progress'
            when told.category_name in ('to_do', 'todo', 'new') then 'to_do'
            when statuses.category != 'unknown' then statuses.category
            when told.resolved_at is not null then 'done'
            else 'unknown'
        end as status_category,
        told.priority,
        told.created_at,
        told.updated_at,
        told.resolved_at,
        told.story_points,
        told.sprints,
        told.sprint_ids,
        told.fix_versions,
        told.labels,
        case
            when activity.comments > coalesce(told.n_comments, 0) then activity.comments
            else told.n_comments
        end as n_comments,
        case
            when activity.worklogs > coalesce(told.n_worklogs, 0) then activity.worklogs
            else told.n_worklogs
        end as n_worklogs,
        histories.issue is not null as has_history,
        coalesce(histories.is_truncated, false) as is_history_truncated
    from told
    left join statuses
        on
            told._source = statuses.source
            and coalesce(told.status_id, '') = statuses.status_id
            and lower(trim(told.status)) = statuses.status_name
    left join histories
        on told._source = histories.source and told.issue_key = histories.issue
    left join activity
        on told._source = activity.source and told.issue_id = activity.issue_id
    where told.recency_of_source = 1
)

select * from final
