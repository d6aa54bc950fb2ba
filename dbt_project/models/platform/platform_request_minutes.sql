-- A view: nearly every minute is one part, whose percentiles are its own. Where late lines added
-- parts, percentiles come from the latencies of all of them; they are not known where a part kept
-- none, as those of days whose lines were dropped before latencies were kept.
with parts as (
    select * from {{ ref('platform_request_minute_parts') }}
),

joined as (
    select
        service,
        endpoint,
        version,
        minute_start,
        count(*) as parts,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors,
        max(latency_ms_p50) as latency_ms_p50,
        max(latency_ms_p95) as latency_ms_p95,
        max(latency_ms_p99) as latency_ms_p99,
        {{ joined_lists('latencies_ms') }} as latencies_ms,
        {{ count_where('latencies_ms is null and latency_ms_p50 is not null') }}
            as parts_without_latencies,
        max(loaded_at) as loaded_at
    from parts
    group by service, endpoint, version, minute_start
),

measured as (
    select
        *,
        case
            when parts > 1 and parts_without_latencies = 0
                then {{ latency_percentiles_of('latencies_ms') }}
        end as percentiles
    from joined
),

final as (
    select
        service,
        endpoint,
        version,
        minute_start,
        requests,
        errors,
        {{ latency_percentile_columns('percentiles', is_known='parts = 1') }},
        loaded_at
    from measured
)

select * from final
