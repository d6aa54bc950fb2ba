-- A gauge speaks from its sample to the series' next one. Where that is late (more than two and a
-- half of the series' usual steps) it speaks for one step: what follows is a gap, not a zero. A
-- counter tells what came since the sample before it, across a gap too. Nothing is known after the
-- last sample of a source.
with samples as (
    select
        *,
        {{ replace_pattern('lower(metric)', '[^a-z0-9]+', '_') }} as folded
    from {{ ref('stg_service_metrics') }}
    where
        value is not null
        and coalesce(lower(statistic), 'average') in ('average', 'avg', 'mean', 'sum')
),

named as (
    select
        *,
        {{ capacity_measure('folded', 'kind') }} as measure,
        {{ capacity_rank('folded') }} as directness,
        kind in ('counter', 'histogram') as is_cumulative
    from samples
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by service, measure order by directness asc, metric asc, source asc
        ) as choice,
        max(value) over (partition by service, measure, metric, source) as highest,
        max(measured_at) over (partition by source) as last_at
    from named
    where measure is not null
),

stepped as (
    select
        *,
        lag(measured_at) over series as previous_at,
        lead(measured_at) over series as next_at
    from ranked
    where choice = 1
    window series as (partition by source, service, metric, series_key order by measured_at)
),

steps as (
    select
        source,
        service,
        metric,
        series_key,
        {{ percentile('seconds_since_previous', 0.5) }} as usual_seconds
    from stepped
    group by source, service, metric, series_key
),

spoken as (
    select
        stepped.*,
        case
            when
                {{ dbt.datediff('stepped.measured_at', 'stepped.next_at', 'second') }}
                <= 2.5 * coalesce(steps.usual_seconds, 60.0)
                then stepped.next_at
            else least(
                {{ dbt.dateadd(
                    'second',
                    'cast(round(coalesce(steps.usual_seconds, 60.0)) as integer)',
                    'stepped.measured_at'
                ) }},
                stepped.last_at
            )
        end as spoken_to
    from stepped
    inner join steps
        on
            stepped.source = steps.source
            and stepped.service = steps.service
            and stepped.metric = steps.metric
            and stepped.series_key = steps.series_key
),

final as (
    select
        source,
        service,
        measure,
        metric,
        series_key,
        case when is_cumulative then previous_at else measured_at end as held_from,
        case when is_cumulative then measured_at else spoken_to end as held_to,
        case
            when measure in ('requests', 'cpu_cores') then rate_per_second
            when measure <> 'cpu' then value
            when unit = 'percent' or unit = '%' or (unit is null and highest > 1.5)
                then value / 100.0
            else value
        end as level
    from spoken
    where case when is_cumulative then previous_at < measured_at else measured_at < spoken_to end
)

select * from final
