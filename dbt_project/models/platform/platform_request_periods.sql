-- Percentiles of longer periods come from the lines again: they cannot be averaged.
with requests as (
    select * from {{ ref('stg_service_requests') }}
),

final as (
    {%- for grain in grains() %}
    select
        service,
        '{{ grain }}' as grain,
        {{ period_start('requested_on', grain) }} as period_start,
        cast(count(*) as bigint) as requests,
        {{ count_where('is_error') }} as errors,
        cast(count(latency_ms) as bigint) as timed_requests,
        {{ percentile('latency_ms', 0.50) }} as latency_ms_p50,
        {{ percentile('latency_ms', 0.95) }} as latency_ms_p95,
        {{ percentile('latency_ms', 0.99) }} as latency_ms_p99
    from requests
    group by 1, 2, 3
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
