-- A delivery counts by the day it reaches to, so that files loaded together tell their own rhythm.
with loads as (
    select * from {{ ref('stg_loads') }}
    where status = 'loaded' and last_at is not null
),

deliveries as (
    select distinct
        source,
        kind,
        {{ local_day('last_at') }} as reaches_to
    from loads
),

spaced as (
    select
        source,
        kind,
        reaches_to,
        lag(reaches_to) over (partition by source, kind order by reaches_to) as previous_reach
    from deliveries
),

gaps as (
    select
        source,
        kind,
        case
            when previous_reach is not null
                then {{ days_apart('previous_reach', 'reaches_to') }}
        end as gap_days
    from spaced
),

final as (
    select
        source,
        kind,
        cast(count(*) as bigint) as deliveries,
        {{ percentile('gap_days', 0.5) }} as usual_gap_days,
        cast(max(gap_days) as bigint) as longest_gap_days
    from gaps
    group by source, kind
)

select * from final
