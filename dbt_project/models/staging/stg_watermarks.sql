-- Logs, metrics, events, sales, cost and issues are streams: what comes after the last record is
-- not known yet, so that the source that lags behind the others of its kind tells how far the kind
-- is known. Lists (releases, runs, experiments, calendar days, incidents, rates, settings) are
-- delivered whole, so that silence means that nothing happened: they are known as far as the
-- streams of the hub are. Before its first record nobody knows whether a list was kept.
with streams as (
    select
        kind,
        true as is_stream,
        min(data_from) as data_from,
        max(last_event_at) as last_event_at,
        coalesce(min(case when is_awaited then reaches_to end), max(reaches_to)) as known_to
    from {{ ref('stg_source_watermarks') }}
    group by kind
),

listed as (
    {%- for moment in ['first_at', 'last_at'] %}
    select
        kind,
        {{ moment }} as event_at
    from {{ ref('stg_loads') }}
    where kind in ('incidents', 'rates', 'settings') and status = 'loaded'
    union all
    {%- endfor %}
    select
        'mlflow' as kind,
        coalesce(ended_at, started_at) as event_at
    from {{ ref('stg_mlflow_runs') }}
    union all
    select
        'releases' as kind,
        released_at as event_at
    from {{ ref('stg_releases') }}
    union all
    select
        'experiments' as kind,
        coalesce(ended_at, started_at) as event_at
    from {{ ref('stg_experiments') }}
    union all
    select
        'experiments' as kind,
        coalesce(ended_at, assigned_at) as event_at
    from {{ ref('stg_experiment_units') }}
    union all
    select
        'calendar' as kind,
        {{ day_starts_at('day') }} as event_at
    from {{ ref('stg_calendar') }}
),

kinds as (
    select * from streams
    union all
    select
        kind,
        false as is_stream,
        min(event_at) as data_from,
        max(event_at) as last_event_at,
        max(event_at) as known_to
    from listed
    group by kind
),

hub as (
    select
        max(case when is_stream then last_event_at end) as streams_through,
        max(case when kind in ('mlflow', 'releases') then last_event_at end) as lists_through
    from kinds
),

known as (
    select
        kinds.*,
        case
            when kinds.is_stream then kinds.last_event_at
            else coalesce(
                greatest(hub.streams_through, hub.lists_through),
                hub.streams_through,
                hub.lists_through,
                kinds.last_event_at
            )
        end as newest_at
    from kinds
    cross join hub
),

final as (
    select
        kind,
        is_stream,
        data_from,
        last_event_at,
        newest_at,
        case when is_stream then known_to else newest_at end as data_through
    from known
)

select * from final
