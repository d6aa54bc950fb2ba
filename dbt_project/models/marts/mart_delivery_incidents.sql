with incidents as (
    select * from {{ ref('team_incident_deploys') }}
),

deploys as (
    select * from {{ ref('team_deploys') }}
),

final as (
    select
        incidents.source,
        incidents.incident_id,
        incidents.service,
        incidents.severity,
        incidents.started_at,
        incidents.started_on,
        incidents.resolved_at,
        case
            when incidents.resolved_at >= incidents.started_at
                then {{ elapsed_days('incidents.started_at', 'incidents.resolved_at') }} * 24.0
        end as hours_to_resolve,
        incidents.attribution,
        deploys.model as component,
        deploys.version,
        deploys.released_at
    from incidents
    left join deploys on incidents.deploy_id = deploys.deploy_id
)

select * from final
