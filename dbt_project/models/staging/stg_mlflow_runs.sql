with delivered as (
    select * from {{ delivered_rows('mlflow_runs') }}
),

ranked as (
    select
        *,
        row_number() over (partition by run_id order by _loaded_at desc, _load_id desc) as recency
    from delivered
),

final as (
    select
        run_id,
        _load_id as load_id,
        experiment_name,
        upper(status) as status,
        coalesce(
            {{ json_text('params', 'model') }},
            {{ json_text('tags', 'model') }},
            {{ json_text('params', 'model_name') }},
            {{ json_text('tags', 'model_name') }},
            experiment_name
        ) as model,
        coalesce(
            {{ json_text('params', 'dataset') }},
            {{ json_text('tags', 'dataset') }},
            {{ json_text('params', 'eval_dataset') }}
        ) as dataset,
        started_at,
        ended_at
    from ranked
    where
        recency = 1
        and coalesce({{ json_text('_extra', 'lifecycle_stage') }}, 'active') <> 'deleted'
)

select * from final
