-- Ages count to the last known moment of the issues, not to the clock of the build.
with issues as (
    select *
    from {{ ref('team_issues') }}
    where finished_at is null
),

known as (
    select newest_at
    from {{ ref('stg_watermarks') }}
    where kind = 'jira'
),

final as (
    select
        issues.project,
        issues.issue_key,
        issues.issue_type,
        issues.status_category,
        {{ elapsed_days('issues.created_at', 'known.newest_at') }} as age_days,
        issues.created_on,
        issues.started_on,
        case
            when issues.started_at is not null
                then {{ elapsed_days('issues.started_at', 'known.newest_at') }}
        end as days_since_start,
        issues.is_approximate
    from issues
    cross join known
)

select * from final
