-- Logs, metrics, events, sales, cost and issues are streams: what comes after the last record is
-- not known yet. Lists (releases, runs, experiments, calendar days, incidents, rates, settings) are
-- delivered whole, so that silence means that nothing happened: they are known as far as the
-- streams of the hub are.
with events as (
    {%- for moment in ['first_at', 'last_at'] %}
    select
        kind,
        kind not in ('incidents', 'rates', 'settings') as is_stream,
        {{ moment }} as event_at
    from {{ ref('stg_loads') }}
    where
        kind in (
            'service_logs', 'service_metrics', 'events', 'exposure', 'cost',
            'incidents', 'rates', 'settings'
        )
        and status = 'loaded'
    union all
    {%- endfor %}
    select
        'sales' as kind,
        true as is_stream,
        ordered_at as event_at
    from {{ delivered_rows('sales') }}
    union all
    select
        'jira' as kind,
        true as is_stream,
        coalesce(updated_at, created_at) as event_at
    from {{ delivered_rows('jira_issues') }}
    union all
    select
        'mlflow' as kind,
        false as is_stream,
        coalesce(ended_at, started_at) as event_at
    from {{ ref('stg_mlflow_runs') }}
    union all
    select
        'releases' as kind,
        false as is_stream,
        released_at as event_at
    from {{ ref('stg_releases') }}
    union all
    select
        'experiments' as kind,
        false as is_stream,
        coalesce(ended_at, started_at) as event_at
    from {{ ref('stg_experiments') }}
    union all
    select
        'experiments' as kind,
        false as is_stream,
        coalesce(ended_at, assigned_at) as event_at
    from {{ ref('stg_experiment_units') }}
    union all
    select
        'calendar' as kind,
        false as is_stream,
        {{ day_starts_at('day') }} as event_at
    from {{ ref('stg_calendar') }}
),

kinds as (
    select
        kind,
        is_stream,
        min(event_at) as data_from,
        max(event_at) as last_event_at
    from events
    group by kind, is_stream
),

hub as (
    select
        max(case when is_stream then last_event_at end) as streams_through,
        max(case when kind in ('mlflow', 'releases') then last_event_at end) as lists_through
    from kinds
),

final as (
    select
        kinds.kind,
        kinds.is_stream,
        kinds.data_from,
        kinds.last_event_at,
        case
            when kinds.is_stream then kinds.last_event_at
            else coalesce(
                greatest(hub.streams_through, hub.lists_through),
                hub.streams_through,
                hub.lists_through,
                kinds.last_event_at
            )
        end as data_through
    from kinds
    cross join hub
)

select * from final
