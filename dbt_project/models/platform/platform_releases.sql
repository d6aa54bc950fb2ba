with releases as (
    select * from {{ ref('stg_releases') }}
),

runs as (
    select * from {{ ref('stg_mlflow_runs') }}
),

models as (
    select distinct model from runs
    union distinct
    select distinct model from {{ ref('platform_model_usage_days') }}
),

services as (
    select distinct service from {{ ref('platform_request_days') }}
),

joined as (
    select
        releases.*,
        runs.status as run_status,
        runs.dataset,
        case
            when releases.run_id is not null or releases.registry_version is not null then 'model'
            when models.model is not null or services.service is null then 'model'
            else 'service'
        end as kind,
        lag(releases.version) over (
            partition by releases.model, releases.environment
            order by releases.released_at, releases.version
        ) as previous_version,
        row_number() over (
            partition by releases.model, releases.environment, releases.version
            order by releases.released_at, releases.run_id nulls last
        ) as release_of_version
    from releases
    left join runs on releases.run_id = runs.run_id
    left join models on releases.model = models.model
    left join services on releases.model = services.service
),

judged as (
    select
        *,
        case
            when kind = 'service' then null
            when run_id is null then 'the release names no run'
            when run_status is null then 'no run with this id was delivered'
            when run_status <> 'FINISHED' then 'the run did not finish: ' || lower(run_status)
        end as match_problem
    from joined
),

final as (
    select
        model,
        version,
        kind,
        released_at,
        released_on,
        environment,
        is_production,
        run_id,
        case when match_problem is null then dataset end as dataset,
        kind = 'model' and match_problem is null as is_matched,
        match_problem,
        previous_version,
        coalesce(previous_version <> version, false) and release_of_version > 1 as is_rollback
    from judged
)

select * from final
