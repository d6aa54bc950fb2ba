with delivered as (
    select * from {{ delivered_rows('jira_issues') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by issue_key
            order by coalesce(updated_at, created_at) desc, _loaded_at desc, _file desc, _line desc
        ) as recency
    from delivered
),

final as (
    select
        issue_key,
        _source as source,
        coalesce(project, {{ replace_pattern('issue_key', '-[0-9]+$', '') }}) as project,
        issue_type,
        status,
        case
            when lower(status_category) in ('done', 'complete') then 'done'
            when
                {{ replace_pattern('lower(status_category)', '[^a-z]+', '_') }}
                in ('in_progress', 'indeterminate')
                then 'in_progress'
            when
                {{ replace_pattern('lower(status_category)', '[^a-z]+', '_') }}
                in ('to_do', 'todo', 'new')
                then 'to_do'
            when resolved_at is not null then 'done'
            else 'unknown'
        end as status_category,
        created_at,
        updated_at,
        resolved_at,
        story_points,
        fix_versions,
        n_comments
    from ranked
    where recency = 1
)

select * from final
