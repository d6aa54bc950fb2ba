-- Every day and issue type of a project since its first issue: a day without work counts 0.
with issues as (
    select
        project,
        coalesce(issue_type, 'unknown') as issue_type,
        created_on,
        finished_on
    from {{ ref('team_issues') }}
),

known as (
    select {{ local_day('data_through') }} as last_day
    from {{ ref('stg_watermarks') }}
    where kind = 'jira'
),

spans as (
    select
        issues.project,
        known.last_day,
        min(issues.created_on) as first_day
    from issues
    cross join known
    group by issues.project, known.last_day
),

days as (
    select
        project,
        {{ day_rows('first_day', 'last_day') }} as changed_on
    from spans
),

types as (
    select distinct
        project,
        issue_type
    from issues
),

changes as (
    select
        project,
        issue_type,
        created_on as changed_on,
        1 as created,
        0 as finished
    from issues
    union all
    select
        project,
        issue_type,
        finished_on as changed_on,
        0 as created,
        1 as finished
    from issues
    where finished_on is not null
),

final as (
    select
        days.project,
        types.issue_type,
        days.changed_on,
        cast(coalesce(sum(changes.created), 0) as bigint) as created,
        cast(coalesce(sum(changes.finished), 0) as bigint) as finished
    from days
    inner join types on days.project = types.project
    left join changes
        on
            days.project = changes.project
            and types.issue_type = changes.issue_type
            and days.changed_on = changes.changed_on
    group by days.project, types.issue_type, days.changed_on
)

select * from final
