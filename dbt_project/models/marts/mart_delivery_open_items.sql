-- Ages count to the last known moment of the issues, not to the clock of the build.
with issues as (
    select *
    from {{ ref('team_issues') }}
    where finished_at is null
),

known as (
    select data_through
    from {{ ref('stg_watermarks') }}
    where kind = 'jira'
),

final as (
    select
        issues.project,
        issues.issue_key,
        issues.issue_type,
        issues.status_category,
        {{ elapsed_days('issues.created_at', 'known.data_through') }} as age_days,
        issues.created_on
    from issues
    cross join known
)

select * from final
