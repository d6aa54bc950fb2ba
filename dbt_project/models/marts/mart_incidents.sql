with incidents as (
    select * from {{ ref('platform_incidents') }}
),

final as (
    select
        source,
        incident_id,
        service,
        title_pattern,
        severity,
        status,
        is_open,
        started_at,
        started_on,
        ended_at,
        minutes_to_resolve,
        release_component,
        release_version
    from incidents
)

select * from final
