-- Every week from a project's first issue to the last known one; a week without work counts 0.
-- How many items were in progress at the end of a past week needs status history, which the
-- export lacks: only the last week has it, from the categories of today.
with issues as (
    select * from {{ ref('team_issues') }}
),

known as (
    select
        data_through,
        {{ local_day('data_through') }} as last_day
    from {{ ref('stg_watermarks') }}
    where kind = 'jira'
),

spans as (
    select
        issues.project,
        known.data_through,
        {{ period_start('known.last_day', 'week') }} as last_week,
        {{ period_start('min(issues.created_on)', 'week') }} as first_week
    from issues
    cross join known
    group by 1, 2, 3
),

days as (
    select
        project,
        last_week,
        data_through,
        {{ day_rows('first_week', 'last_week') }} as week_start
    from spans
),

weeks as (
    select
        *,
        {{ add_days('week_start', 6) }} as week_end
    from days
    where {{ period_start('week_start', 'week') }} = week_start
),

final as (
    select
        weeks.project,
        weeks.week_start,
        {{ count_where('issues.created_on >= weeks.week_start') }} as created,
        {{ count_where('issues.finished_on between weeks.week_start and weeks.week_end') }}
            as finished,
        {{ count_where('coalesce(issues.finished_on > weeks.week_end, true)') }} as open_items,
        case
            when weeks.week_start = weeks.last_week
                then {{ count_where("issues.status_category = 'in_progress'") }}
        end as wip,
        {{ is_period_complete('weeks.week_start', 'week', 'weeks.data_through') }}
            as is_complete
    from weeks
    inner join issues
        on
            weeks.project = issues.project
            and weeks.week_end >= issues.created_on
    group by weeks.project, weeks.week_start, weeks.week_end, weeks.last_week, weeks.data_through
)

select * from final
