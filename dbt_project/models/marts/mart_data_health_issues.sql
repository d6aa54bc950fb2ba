with issues as (
    select * from {{ ref('stg_jira_excluded') }}
),

-- by a name that several sprints bear
undecided_stays as (
    select
        source,
        sprint_name,
        issue_key,
        {{ local_day('entered_at') }} as entered_on
    from {{ ref('team_sprint_stays') }}
    where sprint_id is null
),

final as (
    select
        source,
        'other_source' as excluded_as,
        counted_source as excluded_by,
        cast(count(*) as bigint) as issues,
        min(issue_key) as example_issue,
        min(created_on) as first_day,
        max(created_on) as last_day
    from issues
    group by source, counted_source
    union all
    select
        source,
        'sprint_name' as excluded_as,
        sprint_name as excluded_by,
        cast(count(distinct issue_key) as bigint) as issues,
        min(issue_key) as example_issue,
        min(entered_on) as first_day,
        max(entered_on) as last_day
    from undecided_stays
    group by source, sprint_name
)

select * from final
