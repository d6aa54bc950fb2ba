-- Every week from a project's first issue to the last known one; a week without work counts 0.
with issues as (
    select * from {{ ref('team_issues') }}
),

days as (
    select
        project,
        data_through,
        {{ day_rows(period_start('first_day', 'week'), period_start('last_day', 'week')) }}
            as week_start
    from {{ ref('team_projects') }}
),

states as (
    select
        entity as project,
        period_start as week_start,
        max(case when metric_name = 'wip' then metric_value end) as wip,
        max(case when metric_name = 'open_items' then metric_value end) as open_items,
        max(approximate_items) as open_approximate
    from {{ ref('team_wip') }}
    where grain = 'week'
    group by 1, 2
),

weeks as (
    select
        *,
        {{ add_days('week_start', 6) }} as week_end
    from days
    where {{ period_start('week_start', 'week') }} = week_start
),

counted as (
    select
        weeks.project,
        weeks.week_start,
        {{ count_where('issues.created_on between weeks.week_start and weeks.week_end') }}
            as created,
        {{ count_where('issues.finished_on between weeks.week_start and weeks.week_end') }}
            as finished,
        {{ count_where(
            'issues.finished_on between weeks.week_start and weeks.week_end'
            ~ ' and issues.is_approximate'
        ) }} as finished_approximate,
        {{ is_period_complete('weeks.week_start', 'week', 'weeks.data_through') }}
            as is_complete
    from weeks
    inner join issues on weeks.project = issues.project
    group by weeks.project, weeks.week_start, weeks.week_end, weeks.data_through
),

final as (
    select
        counted.project,
        counted.week_start,
        counted.created,
        counted.finished,
        counted.finished_approximate,
        cast(states.open_items as bigint) as open_items,
        states.open_approximate,
        cast(states.wip as bigint) as wip,
        counted.is_complete
    from counted
    left join states
        on counted.project = states.project and counted.week_start = states.week_start
)

select * from final
