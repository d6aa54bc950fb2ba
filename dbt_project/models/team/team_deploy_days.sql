-- Every day since a component's first release: a day without one counts 0.
with deployments as (
    select * from {{ ref('team_deployments') }}
),

known as (
    select {{ local_day('data_through') }} as last_day
    from {{ ref('stg_watermarks') }}
    where kind = 'releases'
),

spans as (
    select
        deployments.component,
        known.last_day,
        min(deployments.released_on) as first_day,
        {{ count_where('deployments.is_failed is not null') }} > 0 as is_told
    from deployments
    cross join known
    group by deployments.component, known.last_day
),

days as (
    select
        component,
        is_told,
        {{ day_rows('first_day', 'last_day') }} as deployed_on
    from spans
),

final as (
    select
        days.component,
        days.deployed_on,
        cast(count(deployments.deploy_id) as bigint) as deployments,
        case when days.is_told then cast(count(deployments.is_failed) as bigint) end
            as deployments_judged,
        case when days.is_told then {{ count_where('deployments.is_failed') }} end
            as failed_deployments,
        cast(count(deployments.rework_reason) as bigint) as rework_deployments
    from days
    left join deployments
        on
            days.component = deployments.component
            and days.deployed_on = deployments.released_on
    group by days.component, days.deployed_on, days.is_told
)

select * from final
