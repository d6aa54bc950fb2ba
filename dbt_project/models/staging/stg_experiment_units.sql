-- Who was assigned and has no outcome row did nothing: zero, which is what the rows say. A user
-- seen in two variants keeps a row in each, and different outcomes of one user stay apart:
-- whoever reads the experiment out must see it.
with delivered as (
    select
        *,
        {{ keyed_hash('user_id') }} as user_key
    from {{ delivered_rows('experiment_units') }}
),

assigned as (
    select
        experiment,
        user_key,
        variant,
        max(model) as model,
        max(case when is_control then 1 else 0 end) = 1 as is_control,
        min(assigned_at) as assigned_at,
        max(ended_at) as ended_at,
        max(expected_share) as expected_share,
        max(offline_metric) as offline_metric,
        max(offline_delta) as offline_delta,
        max(offline_se) as offline_se
    from delivered
    where variant is not null
    group by experiment, user_key, variant
),

outcomes as (
    select distinct
        experiment,
        user_key,
        metric,
        value,
        value_before
    from delivered
    where metric is not null
),

metrics as (
    select distinct
        experiment,
        metric
    from outcomes
),

final as (
    select
        assigned.experiment,
        assigned.user_key,
        assigned.variant,
        metrics.metric,
        assigned.model,
        assigned.is_control,
        assigned.assigned_at,
        assigned.ended_at,
        {{ local_day('assigned.assigned_at') }} as assigned_on,
        {{ local_day('assigned.ended_at') }} as ended_on,
        assigned.expected_share,
        case when outcomes.user_key is null then 0.0 else outcomes.value end as value,
        outcomes.value_before,
        assigned.offline_metric,
        assigned.offline_delta,
        assigned.offline_se
    from assigned
    inner join metrics on assigned.experiment = metrics.experiment
    left join outcomes
        on
            assigned.experiment = outcomes.experiment
            and assigned.user_key = outcomes.user_key
            and metrics.metric = outcomes.metric
)

select * from final
