-- An incident that is told to be over without a credible end (none, or one before its start) is not
-- open, and how long it took is not known.
with incidents as (
    select * from {{ ref('stg_incidents') }}
),

final as (
    select
        source,
        incident_id,
        service,
        title_pattern,
        severity,
        status,
        started_at,
        started_on,
        acknowledged_at,
        case when resolved_at >= started_at then resolved_at end as ended_at,
        status <> 'resolved' as is_open,
        minutes_to_acknowledge,
        minutes_to_resolve,
        release_component,
        release_version
    from incidents
)

select * from final
