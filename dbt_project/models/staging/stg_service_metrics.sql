-- Exports overlap: of a sample that was delivered again the last delivery counts. A counter that
-- falls was set back to zero: what it shows is what came since. Before its first sample nothing is
-- known of a counter, so that its first increase is unknown, not zero.
with delivered as (
    select * from {{ delivered_rows('service_metrics') }}
),

ranked as (
    select
        *,
        coalesce(service, 'unknown') as service_name,
        cast(labels as string) as label_text,
        row_number() over (
            partition by
                _source, metric, coalesce(service, 'unknown'), cast(labels as string), measured_at
            order by _loaded_at desc, _file desc, _line desc
        ) as recency
    from delivered
),

stepped as (
    select
        *,
        value is null as is_missing,
        lag(value) over (
            partition by _source, metric, service_name, label_text, value is null
            order by measured_at
        ) as previous_value,
        lag(measured_at) over (
            partition by _source, metric, service_name, label_text, value is null
            order by measured_at
        ) as previous_at
    from ranked
    where recency = 1
),

increased as (
    select
        *,
        case
            when not is_missing
                then
                    cast({{ dbt.datediff('previous_at', 'measured_at', 'millisecond') }} as double)
                    / 1000.0
        end as seconds_since_previous,
        case
            when kind in ('counter', 'histogram') and not is_missing
                then coalesce(value < previous_value, false)
        end as is_reset,
        case
            when kind = 'delta' then value
            when kind not in ('counter', 'histogram') or previous_value is null then null
            when value < previous_value then value
            else value - previous_value
        end as increase
    from stepped
),

final as (
    select
        _source as source,
        service_name as service,
        metric,
        {{ keyed_hash('label_text') }} as series_key,
        measured_at,
        {{ local_day('measured_at') }} as measured_on,
        {{ dbt.date_trunc('hour', 'measured_at') }} as hour_start,
        kind,
        unit,
        value,
        case unit
            when 's' then value * 1000.0
            when 'ms' then value
            when 'us' then value / 1000.0
            when 'ns' then value / 1000000.0
        end as value_ms,
        seconds_since_previous,
        is_reset,
        increase,
        case
            when kind in ('counter', 'histogram') then increase / nullif(seconds_since_previous, 0)
            when kind = 'delta'
                then value / nullif(coalesce(period_seconds, seconds_since_previous), 0)
            when kind = 'rate' and lower(metric) like '%per_min%' then value / 60.0
            when kind = 'rate' then value
        end as rate_per_second,
        {{ masked_path(
            "coalesce(" ~ json_text('labels', 'endpoint') ~ ", " ~ json_text('labels', 'path')
            ~ ", " ~ json_text('labels', 'route') ~ ", " ~ json_text('labels', 'handler') ~ ")"
        ) }} as endpoint,
        coalesce(
            {{ json_text('labels', 'status') }},
            {{ json_text('labels', 'status_code') }},
            {{ json_text('labels', 'code') }}
        ) as status,
        {{ json_text('labels', 'le') }} as bucket_upper_bound,
        {{ json_text('labels', 'quantile') }} as quantile,
        {{ json_text('labels', 'statistic') }} as statistic
    from increased
)

select * from final
