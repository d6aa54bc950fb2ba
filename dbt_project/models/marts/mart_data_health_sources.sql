-- A source that hub.yml names and that has delivered nothing is listed with zero files. A source of
-- which more is awaited and that lags behind the others of its kind holds back what is whole.
with configured as (
    select *
    from {{ configured_rows('sources', {'name': 'string', 'kind': 'string'}) }}
),

loads as (
    select * from {{ ref('stg_loads') }}
),

other_lines as (
    select
        source,
        cast(sum(lines) as bigint) as lines
    from {{ ref('platform_other_line_parts') }}
    group by source
),

reaches as (
    select
        source,
        kind,
        {{ local_day('last_event_at') }} as last_day,
        max({{ local_day('last_event_at') }}) over (partition by kind) as kind_last_day,
        ended_on,
        is_awaited
    from {{ ref('stg_source_watermarks') }}
),

unpriced as (
    select
        source,
        cast(count(distinct day) as bigint) as days_without_rate,
        min(day) as first_day_without_rate,
        max(day) as last_day_without_rate,
        min(currency) as currency_without_rate
    from {{ ref('stg_cost') }}
    where cost is null
    group by source
),

named as (
    select
        name as source,
        kind
    from configured
    union distinct
    select
        source,
        kind
    from loads
),

delivered as (
    select
        named.source,
        named.kind,
        cast(count(distinct case when loads.status = 'loaded' then loads.file end) as bigint)
            as files,
        {{ sum_of_loaded('records') }} as records,
        {{ sum_of_loaded('loaded') }} as loaded,
        {{ sum_of_loaded('quarantined') }} as quarantined,
        {{ sum_of_loaded('blank') }} as blank,
        {{ count_where("loads.status = 'duplicate'") }} as duplicates,
        min(case when loads.status = 'loaded' then loads.first_at end) as first_at,
        max(case when loads.status = 'loaded' then loads.last_at end) as data_through,
        max(loads.loaded_at) as last_loaded_at,
        case
            when named.kind = 'service_logs' then coalesce(max(other_lines.lines), 0)
        end as lines_not_requests
    from named
    left join loads
        on
            named.source = loads.source
            and named.kind = loads.kind
    left join other_lines on named.source = other_lines.source
    group by named.source, named.kind
),

final as (
    select
        delivered.*,
        reaches.last_day,
        reaches.kind_last_day,
        reaches.ended_on,
        reaches.is_awaited,
        case
            when reaches.is_awaited
                then {{ days_apart('reaches.last_day', 'reaches.kind_last_day') }}
            else 0
        end as days_behind,
        coalesce(unpriced.days_without_rate, 0) as days_without_rate,
        unpriced.first_day_without_rate,
        unpriced.last_day_without_rate,
        unpriced.currency_without_rate
    from delivered
    left join reaches
        on
            delivered.source = reaches.source
            and delivered.kind = reaches.kind
    left join unpriced
        on
            delivered.source = unpriced.source
            and delivered.kind = 'cost'
)

select * from final
