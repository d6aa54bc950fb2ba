-- The value of a longer period is the one live on its last known day. A model and metric have a
-- total only when one data set measured them all the time: values of two data sets do not compare.
with releases as (
    select *
    from {{ ref('platform_model_releases') }}
    where is_matched
),

run_metrics as (
    select *
    from {{ ref('stg_mlflow_metrics') }}
    where metric_value is not null
),

known as (
    select max({{ local_day('newest_at') }}) as last_day
    from {{ ref('stg_watermarks') }}
),

live as (
    select
        releases.model,
        releases.valid_from,
        releases.valid_to,
        coalesce(releases.dataset, '__null__') as dataset,
        {{ metric_name_of('run_metrics.metric_key') }} as metric_name,
        max(run_metrics.metric_value) as metric_value
    from releases
    inner join run_metrics on releases.run_id = run_metrics.run_id
    group by 1, 2, 3, 4, 5
    having count(*) = 1
),

live_days as (
    select
        live.model,
        live.dataset,
        live.metric_name,
        live.metric_value,
        {{ day_rows(
            'live.valid_from',
            'least(' ~ add_days('live.valid_to', -1) ~ ', known.last_day)'
        ) }} as day
    from live
    cross join known
    where live.valid_from <= known.last_day
),

periods as (
    {%- for grain in grains() %}
    select
        model,
        dataset,
        metric_name,
        '{{ grain }}' as grain,
        {{ period_start('day', grain) }} as period_start,
        max_by(metric_value, day) as metric_value,
        cast(count(*) as bigint) as live_days
    from live_days
    group by 1, 2, 3, 4, 5
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

single as (
    select
        model,
        metric_name
    from live
    group by model, metric_name
    having count(distinct dataset) = 1
),

segments as (
    select
        periods.*,
        'dataset' as segment_name,
        periods.dataset as segment_value
    from periods
    union all
    select
        periods.*,
        '__all__' as segment_name,
        '__all__' as segment_value
    from periods
    inner join single
        on
            periods.model = single.model
            and periods.metric_name = single.metric_name
),

final as (
    select
        metric_name,
        model as entity,
        segment_name,
        segment_value,
        grain,
        period_start,
        metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        live_days as sample_size
    from segments
)

select * from final
