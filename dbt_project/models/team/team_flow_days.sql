-- Every day and issue type of a project since its first issue: a day without work counts 0. What
-- only a history tells is NULL in projects of which no issue has a whole one.
with issues as (
    select
        *,
        coalesce(issue_type, 'unknown') as type_name
    from {{ ref('team_issues') }}
),

days as (
    select
        project,
        has_history,
        {{ day_rows('first_day', 'last_day') }} as changed_on
    from {{ ref('team_projects') }}
),

types as (
    select distinct
        project,
        type_name
    from issues
),

other_changes as (
    select
        project,
        type_name,
        created_on as changed_on,
        'created' as change,
        is_approximate
    from issues
    union all
    select
        issues.project,
        issues.type_name,
        spells.entered_on as changed_on,
        'reopened' as change,
        issues.is_approximate
    from issues
    inner join {{ ref('team_issue_spells') }} as spells on issues.issue_key = spells.issue_key
    where
        spells.category_before = 'done'
        and spells.category <> 'done'
        and not issues.is_approximate
),

changes as (
    select
        project,
        type_name,
        finished_on as changed_on,
        'finished' as change,
        is_approximate,
        is_straight_to_done,
        times_reopened,
        active_days,
        case when active_days is not null then cycle_time_days end as cycle_time_days
    from issues
    where finished_on is not null
    union all
    select
        project,
        type_name,
        changed_on,
        change,
        is_approximate,
        cast(null as boolean) as is_straight_to_done,
        cast(null as bigint) as times_reopened,
        cast(null as double) as active_days,
        cast(null as double) as cycle_time_days
    from other_changes
),

final as (
    select
        days.project,
        types.type_name as issue_type,
        days.changed_on,
        {{ count_where("changes.change = 'created'") }} as created,
        {{ count_where("changes.change = 'finished'") }} as finished,
        {{ count_where("changes.change = 'finished' and changes.is_approximate") }}
            as finished_approximate,
        case
            when days.has_history
                then {{ count_where("changes.change = 'finished' and not changes.is_approximate") }}
        end as finished_exact,
        case when days.has_history then {{ count_where('changes.is_straight_to_done') }} end
            as straight_to_done,
        case when days.has_history then {{ count_where('changes.times_reopened > 0') }} end
            as finished_reopened,
        case when days.has_history then {{ count_where("changes.change = 'reopened'") }} end
            as reopenings,
        sum(changes.active_days) as active_days,
        sum(changes.cycle_time_days) as elapsed_days
    from days
    inner join types on days.project = types.project
    left join changes
        on
            days.project = changes.project
            and types.type_name = changes.type_name
            and days.changed_on = changes.changed_on
    group by days.project, types.type_name, days.changed_on, days.has_history
)

select * from final
