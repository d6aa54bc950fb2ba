-- A service that is asked every minute lacks data when one minute is silent; a quiet one is silent
-- most of the time. So a window lacks minutes when it has fewer with a request than chance leaves:
-- the median day's share of them, less three standard deviations of a binomial count.
with steps as (
    select * from {{ ref('platform_slo_steps') }}
),

days as (
    select
        service,
        cast(floor(step / 288.0) as bigint) as day_number,
        sum(minutes_seen) as minutes_seen
    from steps
    group by 1, 2
),

shares as (
    select
        service,
        {{ percentile('minutes_seen', 0.5) }} / 1440 as share_seen
    from days
    group by service
),

final as (
    select
        service,
        share_seen
        {%- for name, length in burn_windows().items() %},
        {{ 5 * length }} * share_seen
        - 3 * sqrt({{ 5 * length }} * share_seen * (1 - share_seen)) as least_minutes_{{ name }}
        {%- endfor %}
    from shares
)

select * from final
