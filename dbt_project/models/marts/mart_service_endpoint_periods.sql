with periods as (
    select * from {{ ref('platform_endpoint_periods') }}
),

known as (
    select data_through
    from {{ ref('stg_watermarks') }}
    where kind = 'service_logs'
),

final as (
    select
        periods.service,
        periods.endpoint,
        periods.version,
        periods.grain,
        periods.period_start,
        periods.requests,
        periods.errors,
        {{ ratio('periods.errors', 'periods.requests') }} as error_ratio,
        periods.timed_requests,
        periods.latency_ms_p50,
        periods.latency_ms_p95,
        periods.latency_ms_p99,
        case periods.grain
            {%- for grain in grains() %}
            when '{{ grain }}'
                then {{ is_period_complete('periods.period_start', grain, 'known.data_through') }}
            {%- endfor %}
        end as is_complete
    from periods
    cross join known
)

select * from final
