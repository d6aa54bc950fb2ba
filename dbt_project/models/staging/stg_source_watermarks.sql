-- Each source of records that keep coming, where what comes after the last record is not known
-- yet. A day's cost is told whole. A source is awaited unless hub.yml says that it ended and its
-- records do not go on after that day, or it no longer stands there.
with configured as (
    select *
    from {{ configured_rows('sources', {'name': 'string', 'kind': 'string', 'ended': 'date'}) }}
),

records as (
    select
        kind,
        source,
        first_at,
        last_at
    from {{ ref('stg_loads') }}
    where
        kind in ('service_logs', 'service_metrics', 'events', 'exposure')
        and status = 'loaded'
    union all
    select
        'sales' as kind,
        _source as source,
        ordered_at as first_at,
        ordered_at as last_at
    from {{ delivered_rows('sales') }}
    union all
    select
        'jira' as kind,
        _source as source,
        coalesce(created_at, updated_at) as first_at,
        case
            when updated_at < created_at then created_at
            else coalesce(updated_at, created_at)
        end as last_at
    from {{ delivered_rows('jira_issues') }}
    union all
    select
        'cost' as kind,
        _source as source,
        {{ day_starts_at('day') }} as first_at,
        {{ day_starts_at('day') }} as last_at
    from {{ delivered_rows('cost') }}
),

reaches as (
    select
        kind,
        source,
        min(first_at) as data_from,
        max(last_at) as last_event_at,
        {{ local_day('max(last_at)') }} as last_day
    from records
    group by kind, source
),

final as (
    select
        reaches.kind,
        reaches.source,
        reaches.data_from,
        reaches.last_event_at,
        case
            when reaches.kind = 'cost'
                then {{ day_starts_at(add_days('reaches.last_day', 1)) }}
            else reaches.last_event_at
        end as reaches_to,
        configured.ended as ended_on,
        coalesce(
            configured.name is not null
            and (configured.ended is null or reaches.last_day > configured.ended),
            false
        ) as is_awaited
    from reaches
    left join configured
        on
            reaches.source = configured.name
            and reaches.kind = configured.kind
)

select * from final
