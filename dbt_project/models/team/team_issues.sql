-- Started: first entry to In Progress. Finished: last entry to Done with none out of it later.
-- Where no whole history tells, the cycle time is the lead time, its upper bound, and flagged.
with issues as (
    select * from {{ ref('stg_jira_issues') }}
),

spells as (
    select * from {{ ref('team_issue_spells') }}
),

histories as (
    select
        issue_key,
        min(entered_at) as begun_at,
        min(case when category = 'in_progress' then entered_at end) as started_at,
        max(case
            when category = 'done' and coalesce(category_before, '') <> 'done'
                then entered_at
        end) as last_done_at,
        max(case when left_at is null then category end) as last_category,
        {{ count_where("category = 'unknown'") }} as unknown_spells,
        {{ count_where("category <> 'done' and category_before = 'done'") }} as times_reopened,
        sum(case
            when category = 'in_progress' and not is_waiting
                then {{ elapsed_days('entered_at', 'left_at') }}
        end) as active_days,
        {{ count_where('is_waiting is null') }} as spells_without_telling
    from spells
    group by issue_key
),

judged as (
    select
        issues.*,
        histories.begun_at,
        histories.started_at as history_started_at,
        histories.last_done_at,
        histories.times_reopened as history_reopened,
        histories.active_days,
        histories.spells_without_telling,
        case
            when not issues.has_history then 'no history'
            when issues.is_history_truncated then 'history cut'
            when histories.unknown_spells > 0 then 'a status of unknown category'
            when histories.last_category <> issues.status_category then 'history ends elsewhere'
        end as approximate_reason
    from issues
    left join histories on issues.issue_key = histories.issue_key
),

timed as (
    select
        *,
        approximate_reason is not null as is_approximate,
        case when approximate_reason is null then begun_at else created_at end as made_at,
        case when approximate_reason is null then history_started_at end as started_at,
        case
            when status_category <> 'done' then null
            when approximate_reason is null then last_done_at
            else coalesce(resolved_at, updated_at)
        end as finished_at
    from judged
),

measured as (
    select
        *,
        case when finished_at >= made_at then {{ elapsed_days('made_at', 'finished_at') }} end
            as lead_time_days
    from timed
),

final as (
    select
        source,
        issue_key,
        project,
        issue_type,
        status_category,
        made_at as created_at,
        {{ local_day('made_at') }} as created_on,
        started_at,
        {{ local_day('started_at') }} as started_on,
        finished_at,
        {{ local_day('finished_at') }} as finished_on,
        is_approximate,
        approximate_reason,
        is_approximate and finished_at is not null and resolved_at is null
            as is_finish_approximate,
        case when not is_approximate then history_reopened end as times_reopened,
        case when not is_approximate and finished_at is not null then started_at is null end
            as is_straight_to_done,
        lead_time_days,
        case
            when is_approximate then lead_time_days
            else {{ elapsed_days('started_at', 'finished_at') }}
        end as cycle_time_days,
        case
            when spells_without_telling = 0 and started_at is not null and finished_at is not null
                then coalesce(active_days, 0)
        end as active_days,
        story_points,
        fix_versions,
        sprints,
        sprint_ids
    from measured
)

select * from final
