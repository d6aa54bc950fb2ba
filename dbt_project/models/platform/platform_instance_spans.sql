-- Instances of a service are those of all its series (zones, machines) together. A series that ends
-- takes its instances with it; while none is heard of, the number is unknown.
with samples as (
    select * from {{ ref('platform_capacity_samples') }}
    where measure = 'instances'
),

turns as (
    select
        service,
        held_from as turned_at,
        level as change,
        1 as series
    from samples
    union all
    select
        service,
        held_to as turned_at,
        -level as change,
        -1 as series
    from samples
),

moments as (
    select
        service,
        turned_at,
        sum(change) as change,
        sum(series) as series
    from turns
    group by service, turned_at
),

totals as (
    select
        service,
        turned_at,
        sum(change) over (
            partition by service order by turned_at
            rows between unbounded preceding and current row
        ) as total,
        sum(series) over (
            partition by service order by turned_at
            rows between unbounded preceding and current row
        ) as series
    from moments
),

levels as (
    select
        service,
        turned_at,
        case when series > 0 then round(total, 6) end as instances,
        lag(case when series > 0 then round(total, 6) end) over (
            partition by service order by turned_at
        ) as level_before
    from totals
),

spans as (
    select
        service,
        instances,
        level_before,
        turned_at as since,
        lead(turned_at) over (partition by service order by turned_at) as until
    from levels
    where coalesce(instances, -1) <> coalesce(level_before, -1)
),

known as (
    select
        *,
        lag(instances) over (partition by service order by since) as instances_before
    from spans
    where instances is not null
),

final as (
    select
        service,
        instances,
        since,
        {{ local_day('since') }} as since_day,
        until,
        instances_before,
        coalesce(instances <> instances_before, false) as is_step,
        level_before is null and instances_before is not null as is_after_gap
    from known
)

select * from final
