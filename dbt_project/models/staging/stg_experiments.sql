-- Snapshots hold everything since the start: the last one counts, and none are added up.
with delivered as (
    select * from {{ delivered_rows('experiments') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by experiment, variant, metric
            order by
                _loaded_at desc, coalesce(elapsed_days, -1) desc, _file desc, _line desc
        ) as recency
    from delivered
),

final as (
    select
        experiment,
        model,
        variant,
        is_control,
        started_at,
        ended_at,
        {{ local_day('started_at') }} as started_on,
        {{ local_day('ended_at') }} as ended_on,
        metric,
        users,
        expected_share,
        conversions,
        value_sum,
        value_sum_squares,
        offline_metric,
        offline_delta,
        offline_se
    from ranked
    where recency = 1
)

select * from final
