-- A project deploys the components that fix versions of its issues name. A project whose issues
-- name none has no known number of deployments.
with weeks as (
    select * from {{ ref('team_flow_weeks') }}
),

cycle_times as (
    select * from {{ ref('team_cycle_times') }}
    where grain = 'week'
),

releases as (
    select * from {{ ref('platform_releases') }}
    where is_production
),

components as (
    select distinct
        project,
        model
    from {{ ref('team_issue_releases') }}
),

cycle_weeks as (
    select
        entity as project,
        period_start as week_start,
        max(case when metric_name = 'cycle_time_days_p50' then metric_value end)
            as cycle_time_days_p50,
        max(case when metric_name = 'cycle_time_days_p85' then metric_value end)
            as cycle_time_days_p85,
        max(sample_size) as n_finished_with_cycle
    from cycle_times
    group by entity, period_start
),

approximate as (
    select
        project,
        max(case when is_cycle_approximate then 1 else 0 end) = 1 as is_approximate
    from {{ ref('team_issues') }}
    group by project
),

deployments as (
    select
        weeks.project,
        weeks.week_start,
        cast(count(releases.model) as bigint) as deployments
    from weeks
    inner join components on weeks.project = components.project
    left join releases
        on
            components.model = releases.model
            and weeks.week_start = {{ period_start('releases.released_on', 'week') }}
    group by weeks.project, weeks.week_start
),

final as (
    select
        weeks.project,
        weeks.week_start,
        weeks.created,
        weeks.finished,
        weeks.open_items,
        weeks.wip,
        cycle_weeks.cycle_time_days_p50,
        cycle_weeks.cycle_time_days_p85,
        coalesce(cycle_weeks.n_finished_with_cycle, 0) as n_finished_with_cycle,
        approximate.is_approximate,
        deployments.deployments,
        weeks.is_complete
    from weeks
    inner join approximate on weeks.project = approximate.project
    left join cycle_weeks
        on
            weeks.project = cycle_weeks.project
            and weeks.week_start = cycle_weeks.week_start
    left join deployments
        on
            weeks.project = deployments.project
            and weeks.week_start = deployments.week_start
)

select * from final
