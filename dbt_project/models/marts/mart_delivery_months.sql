-- DORA's five by month, for each project (the components that its issues go out with) and for all
-- components together. Medians are taken from the items of the month, not from other medians.
with deployments as (
    select
        *,
        {{ period_start('released_on', 'month') }} as month_start
    from {{ ref('team_deployments') }}
),

issue_releases as (
    select
        *,
        {{ period_start('released_on', 'month') }} as month_start
    from {{ ref('team_issue_releases') }}
),

components as (
    select distinct
        project as scope,
        model as component
    from issue_releases
    union all
    select distinct
        '__all__' as scope,
        component
    from deployments
),

scopes as (
    select distinct scope from components
),

month_sums as (
    select
        components.scope,
        {{ period_start('days.deployed_on', 'month') }} as month_start,
        cast(sum(days.deployments) as bigint) as deployments,
        cast(sum(days.deployments_judged) as bigint) as deployments_judged,
        cast(sum(days.failed_deployments) as bigint) as failed_deployments,
        cast(sum(days.rework_deployments) as bigint) as rework_deployments
    from {{ ref('team_deploy_days') }} as days
    inner join components on days.component = components.component
    group by 1, 2
),

recoveries as (
    select
        components.scope,
        deployments.month_start,
        {{ percentile('deployments.recovery_hours', 0.5) }} as recovery_hours_p50,
        cast(count(deployments.recovery_hours) as bigint) as n_recoveries
    from deployments
    inner join components on deployments.component = components.component
    group by 1, 2
),

-- an item that goes out with two components counts for each of them
changes as (
    select
        scopes.scope,
        issue_releases.month_start,
        {{ percentile('issue_releases.days_from_start', 0.5) }} as change_lead_time_days_p50,
        cast(count(issue_releases.days_from_start) as bigint) as n_lead_times,
        {{ percentile('issue_releases.days_from_done', 0.5) }} as done_to_release_days_p50,
        cast(count(issue_releases.days_from_done) as bigint) as n_waits,
        {{ count_where('issue_releases.is_approximate') }} as n_without_start
    from issue_releases
    inner join scopes
        on scopes.scope = '__all__' or issue_releases.project = scopes.scope
    group by 1, 2
),

final as (
    select
        month_sums.*,
        {{ ratio('month_sums.failed_deployments', 'month_sums.deployments_judged') }}
            as change_fail_rate,
        {{ ratio('month_sums.rework_deployments', 'month_sums.deployments') }}
            as deployment_rework_rate,
        changes.change_lead_time_days_p50,
        coalesce(changes.n_lead_times, 0) as n_lead_times,
        changes.done_to_release_days_p50,
        coalesce(changes.n_waits, 0) as n_waits,
        coalesce(changes.n_without_start, 0) as n_without_start,
        recoveries.recovery_hours_p50,
        coalesce(recoveries.n_recoveries, 0) as n_recoveries,
        {{ is_period_complete('month_sums.month_start', 'month', 'known.data_through') }}
            as is_complete
    from month_sums
    inner join {{ ref('stg_watermarks') }} as known on known.kind = 'releases'
    left join changes
        on
            month_sums.scope = changes.scope
            and month_sums.month_start = changes.month_start
    left join recoveries
        on
            month_sums.scope = recoveries.scope
            and month_sums.month_start = recoveries.month_start
)

select * from final
