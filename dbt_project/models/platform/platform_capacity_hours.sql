-- What holds for a time counts by how long it holds, so that hours add up to days and a mean is
-- weighted by time. A gap adds no seconds: it does not pull a mean towards zero.
with spans as (
    select * from {{ ref('platform_instance_spans') }}
),

samples as (
    select * from {{ ref('platform_capacity_samples') }}
    where measure <> 'instances'
),

held as (
    select
        service,
        'instances' as measure,
        instances as level,
        since as held_from,
        until as held_to
    from spans
    union all
    select
        service,
        measure,
        level,
        held_from,
        held_to
    from samples
),

hours as (
    select
        *,
        {{ hour_rows(start_of('hour', 'held_from'), start_of('hour', 'held_to')) }} as hour_start
    from held
),

pieces as (
    select
        service,
        measure,
        level,
        hour_start,
        cast({{ dbt.datediff(
            'greatest(held_from, hour_start)',
            'least(held_to, ' ~ dbt.dateadd('hour', 1, 'hour_start') ~ ')',
            'millisecond'
        ) }} as double) / 1000.0 as seconds
    from hours
    where held_to > hour_start
),

counted as (
    select
        service,
        hour_start,
        sum(case when measure = 'instances' then level * seconds end) as instance_seconds,
        sum(case when measure = 'instances' then seconds end) as instances_known_seconds,
        min(case when measure = 'instances' then level end) as instances_fewest,
        max(case when measure = 'instances' then level end) as instances_most,
        sum(case when measure = 'cpu' then level * seconds end) as cpu_seconds,
        sum(case when measure = 'cpu' then seconds end) as cpu_known_seconds,
        sum(case when measure = 'cpu_cores' then level * seconds end) as cpu_core_seconds,
        sum(case when measure = 'requests' then level * seconds end) as metered_requests
    from pieces
    group by service, hour_start
),

final as (
    select
        service,
        hour_start,
        {{ local_day('hour_start') }} as measured_on,
        instance_seconds,
        instances_known_seconds,
        instances_fewest,
        instances_most,
        cpu_seconds,
        cpu_known_seconds,
        cpu_core_seconds,
        metered_requests
    from counted
)

select * from final
