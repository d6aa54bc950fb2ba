-- An export without status history does not say when work started. The cycle time is then the
-- lead time, its upper bound, and flagged as approximate.
with issues as (
    select * from {{ ref('stg_jira_issues') }}
),

finished as (
    select
        *,
        case when status_category = 'done' then coalesce(resolved_at, updated_at) end
            as finished_at
    from issues
),

timed as (
    select
        *,
        case
            when finished_at >= created_at
                then {{ elapsed_days('created_at', 'finished_at') }}
        end as lead_time_days
    from finished
),

final as (
    select
        issue_key,
        project,
        issue_type,
        status_category,
        created_at,
        {{ local_day('created_at') }} as created_on,
        finished_at,
        {{ local_day('finished_at') }} as finished_on,
        finished_at is not null and resolved_at is null as is_finish_approximate,
        lead_time_days,
        lead_time_days as cycle_time_days,
        true as is_cycle_approximate,
        story_points,
        fix_versions
    from timed
)

select * from final
