-- An incident is delivered again whenever its state changes: the last state counts. Issues of Jira
-- that are incidents stand beside those of other systems.
with delivered as (
    select * from {{ delivered_rows('incidents') }}
),

ranked as (
    select
        *,
        lower(trim(status)) as status_word,
        row_number() over (
            partition by _source, incident_id
            order by
                coalesce(updated_at, resolved_at, acknowledged_at, started_at) desc,
                _loaded_at desc, _file desc, _line desc
        ) as recency
    from delivered
),

told as (
    select
        _source as source,
        incident_id,
        coalesce(service, 'unknown') as service,
        {{ masked_message('title') }} as title_pattern,
        lower(trim(severity)) as severity,
        case
            when
                resolved_at is not null
                or status_word in ('resolved', 'closed', 'done', 'fixed', 'completed', 'postmortem')
                then 'resolved'
            when
                acknowledged_at is not null
                or status_word in ('acknowledged', 'investigating', 'identified', 'in progress')
                then 'acknowledged'
            else 'open'
        end as status,
        started_at,
        {{ local_day('started_at') }} as started_on,
        acknowledged_at,
        resolved_at,
        case
            when acknowledged_at >= started_at
                then
                    cast({{ dbt.datediff('started_at', 'acknowledged_at', 'second') }} as double)
                    / 60.0
        end as minutes_to_acknowledge,
        case
            when resolved_at >= started_at
                then
                    cast({{ dbt.datediff('started_at', 'resolved_at', 'second') }} as double)
                    / 60.0
        end as minutes_to_resolve,
        nullif(trim(release_component), '') as release_component,
        nullif(trim(release_version), '') as release_version
    from ranked
    where recency = 1
),

issues as (
    select
        source,
        incident_id,
        coalesce(service, 'unknown') as service,
        cast(null as {{ dbt.type_string() }}) as title_pattern,
        lower(trim(severity)) as severity,
        case when resolved_at is not null then 'resolved' else 'open' end as status,
        opened_at as started_at,
        {{ local_day('opened_at') }} as started_on,
        cast(null as {{ type_instant() }}) as acknowledged_at,
        resolved_at,
        cast(null as double) as minutes_to_acknowledge,
        case
            when resolved_at >= opened_at
                then cast({{ dbt.datediff('opened_at', 'resolved_at', 'second') }} as double) / 60.0
        end as minutes_to_resolve,
        cast(null as {{ dbt.type_string() }}) as release_component,
        cast(null as {{ dbt.type_string() }}) as release_version
    from {{ ref('stg_jira_incidents') }}
),

final as (
    select * from told
    union all
    select * from issues
)

select * from final
