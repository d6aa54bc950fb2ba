with issues as (
    select * from {{ ref('team_issues') }}
    where finished_at is not null
),

final as (
    select
        project,
        issue_key,
        issue_type,
        created_on,
        started_on,
        finished_on,
        cycle_time_days,
        lead_time_days,
        active_days,
        times_reopened,
        is_straight_to_done,
        is_approximate,
        approximate_reason
    from issues
)

select * from final
