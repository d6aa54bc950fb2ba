-- A metric goes by the name that hub.yml gives it. What a run's own load says of it counts before
-- what tables say that were delivered apart.
with delivered as (
    select * from {{ delivered_rows('mlflow_metrics') }}
),

runs as (
    select * from {{ ref('stg_mlflow_runs') }}
),

named as (
    select
        delivered.*,
        coalesce(delivered.metric_name, delivered.metric_key) as name_of_metric,
        case when delivered._load_id = runs.load_id then 1 else 0 end as is_own
    from delivered
    inner join runs on delivered.run_id = runs.run_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by run_id, name_of_metric
            order by is_own desc, step desc, logged_at desc, _loaded_at desc, _line desc
        ) as recency
    from named
),

marked as (
    select
        *,
        coalesce(is_finite, true) as is_number,
        coalesce(is_finite, true) and abs(value) < 1e15 as is_in_reason
    from ranked
    where recency = 1
),

final as (
    select
        run_id,
        name_of_metric as metric_key,
        metric_key as reported_key,
        step as last_step,
        logged_at,
        is_number as is_finite,
        is_in_reason as is_plausible,
        case when is_in_reason then value end as metric_value
    from marked
)

select * from final
