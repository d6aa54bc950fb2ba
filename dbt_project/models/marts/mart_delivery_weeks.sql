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
    select * from {{ ref('team_deploys') }}
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
        {%- for name in ['cycle_time_days', 'lead_time_days'] %}
        {%- for percent in [50, 85] %}
        max(case when metric_name = '{{ name }}_p{{ percent }}' then metric_value end)
            as {{ name }}_p{{ percent }},
        {%- endfor %}
        {%- endfor %}
        max(case when metric_name = 'cycle_time_days_p50' then sample_size end)
            as n_finished_with_cycle,
        max(case when metric_name = 'cycle_time_days_p50' then approximate_items end)
            as n_approximate
    from cycle_times
    group by entity, period_start
),

day_sums as (
    select
        project,
        {{ period_start('changed_on', 'week') }} as week_start,
        cast(sum(straight_to_done) as bigint) as straight_to_done,
        cast(sum(reopenings) as bigint) as reopenings,
        sum(active_days) as active_days,
        sum(elapsed_days) as elapsed_days
    from {{ ref('team_flow_days') }}
    group by 1, 2
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
        weeks.finished_approximate,
        weeks.open_items,
        weeks.open_approximate,
        weeks.wip,
        cycle_weeks.cycle_time_days_p50,
        cycle_weeks.cycle_time_days_p85,
        cycle_weeks.lead_time_days_p50,
        cycle_weeks.lead_time_days_p85,
        coalesce(cycle_weeks.n_finished_with_cycle, 0) as n_finished_with_cycle,
        coalesce(cycle_weeks.n_approximate, 0) as n_approximate,
        coalesce(cycle_weeks.n_approximate, 0) > 0 as is_approximate,
        day_sums.straight_to_done,
        day_sums.reopenings,
        day_sums.active_days,
        day_sums.elapsed_days,
        deployments.deployments,
        weeks.is_complete
    from weeks
    left join cycle_weeks
        on
            weeks.project = cycle_weeks.project
            and weeks.week_start = cycle_weeks.week_start
    left join day_sums
        on
            weeks.project = day_sums.project
            and weeks.week_start = day_sums.week_start
    left join deployments
        on
            weeks.project = deployments.project
            and weeks.week_start = deployments.week_start
)

select * from final
