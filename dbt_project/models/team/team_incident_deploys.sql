-- An incident belongs to the release that it names; one that names none belongs to the last
-- production release before it, of its service (of any component where it names no service), unless
-- that is older than the gap of hub.yml. A named release that is not known is not replaced.
with incidents as (
    select
        *,
        {{ release_name_of('release_version') }} as version_name
    from {{ ref('platform_incidents') }}
),

deploys as (
    select * from {{ ref('team_deploys') }}
),

named as (
    select
        incidents.source,
        incidents.incident_id,
        deploys.deploy_id,
        row_number() over (
            partition by incidents.source, incidents.incident_id
            order by
                case when deploys.released_at <= incidents.started_at then 0 else 1 end,
                case
                    when deploys.released_at <= incidents.started_at
                        then deploys.released_at
                end desc,
                deploys.released_at,
                deploys.deploy_id asc
        ) as place
    from incidents
    inner join deploys
        on
            incidents.version_name = deploys.version_name
            and (
                incidents.release_component = deploys.model
                or (
                    incidents.release_component is null
                    and incidents.service in (deploys.model, 'unknown')
                )
            )
),

before as (
    select
        incidents.source,
        incidents.incident_id,
        deploys.deploy_id,
        row_number() over (
            partition by incidents.source, incidents.incident_id
            order by deploys.released_at desc, deploys.deploy_id asc
        ) as place
    from incidents
    inner join deploys
        on
            incidents.started_at >= deploys.released_at
            and incidents.service in (deploys.model, 'unknown')
    where
        incidents.release_version is null
        and {{ elapsed_days('deploys.released_at', 'incidents.started_at') }} * 24.0
        <= {{ var('incident_gap_hours') }}
),

final as (
    select
        incidents.source,
        incidents.incident_id,
        incidents.service,
        incidents.severity,
        incidents.started_at,
        incidents.started_on,
        incidents.ended_at as resolved_at,
        incidents.is_open,
        coalesce(named.deploy_id, before.deploy_id) as deploy_id,
        case
            when named.deploy_id is not null then 'named by the incident'
            when before.deploy_id is not null then 'last release before it'
            when incidents.release_version is not null then 'names a release that is not known'
            else 'unattributed'
        end as attribution
    from incidents
    left join named
        on
            incidents.source = named.source
            and incidents.incident_id = named.incident_id
            and named.place = 1
    left join before
        on
            incidents.source = before.source
            and incidents.incident_id = before.incident_id
            and before.place = 1
)

select * from final
