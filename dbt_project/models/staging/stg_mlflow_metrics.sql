with delivered as (
    select * from {{ delivered_rows('mlflow_metrics') }}
),

runs as (
    select * from {{ ref('stg_mlflow_runs') }}
),

ranked as (
    select
        delivered.*,
        row_number() over (
            partition by delivered.run_id, delivered.metric_key
            order by delivered.step desc, delivered.logged_at desc, delivered._line desc
        ) as recency
    from delivered
    inner join runs
        on
            delivered.run_id = runs.run_id
            and delivered._load_id = runs.load_id
),

final as (
    select
        run_id,
        metric_key,
        step as last_step,
        logged_at,
        coalesce(is_finite, true) as is_finite,
        case when coalesce(is_finite, true) then value end as metric_value
    from ranked
    where recency = 1
)

select * from final
