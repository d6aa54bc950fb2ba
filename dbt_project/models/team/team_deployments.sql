-- Failed: an incident is attributed to it, or the component's next release rolls it back; not known
-- without any source of incidents. Rework: it mends another one, by rule, for nobody tells intent:
-- a rollback, a version named hotfix, a release that carries an incident of the tracker, or the
-- next one while an incident of the one before was open. How long recovery took is not known while
-- an incident is open, nor where one is over without a credible end.
with deploys as (
    select * from {{ ref('team_deploys') }}
),

incidents as (
    select
        deploy_id,
        cast(count(*) as bigint) as incidents,
        min(started_at) as first_started_at,
        max(resolved_at) as last_resolved_at,
        {{ count_where('is_open') }} as open_incidents,
        {{ count_where('resolved_at is null') }} as incidents_without_an_end
    from {{ ref('team_incident_deploys') }}
    where deploy_id is not null
    group by deploy_id
),

known as (
    select {{ incidents_are_told() }} or count(*) > 0 as is_told
    from {{ ref('stg_incidents') }}
),

mended as (
    select distinct
        released.model,
        released.version
    from {{ ref('team_issue_releases') }} as released
    inner join {{ ref('stg_jira_incidents') }} as incident_issues
        on released.issue_key = incident_issues.incident_id
),

joined as (
    select
        deploys.*,
        known.is_told,
        coalesce(incidents.incidents, 0) as incidents,
        incidents.first_started_at,
        incidents.last_resolved_at,
        coalesce(incidents.incidents_without_an_end, 0) as incidents_without_an_end,
        mended.model is not null as carries_an_incident,
        lag(deploys.deploy_id) over (
            partition by deploys.model order by deploys.deploy_number
        ) as deploy_before
    from deploys
    cross join known
    left join incidents on deploys.deploy_id = incidents.deploy_id
    left join mended on deploys.model = mended.model and deploys.version = mended.version
),

final as (
    select
        joined.deploy_id,
        joined.model as component,
        joined.version,
        joined.kind,
        joined.released_at,
        joined.released_on,
        joined.incidents,
        case when joined.is_told then joined.incidents > 0 or joined.is_rolled_back end
            as is_failed,
        case
            when not joined.is_told or joined.incidents_without_an_end > 0 then null
            when joined.incidents > 0
                then {{ elapsed_days('joined.first_started_at', 'joined.last_resolved_at') }} * 24.0
            when joined.is_rolled_back
                then {{ elapsed_days('joined.released_at', 'joined.next_released_at') }} * 24.0
        end as recovery_hours,
        case
            when joined.is_rollback then 'rollback'
            when lower(joined.version) like '%hotfix%' then 'named hotfix'
            when joined.carries_an_incident then 'carries an incident'
            when
                joined.released_at >= before.first_started_at
                and (
                    before.open_incidents > 0
                    or joined.released_at <= before.last_resolved_at
                )
                then 'during an incident of the one before'
        end as rework_reason
    from joined
    left join incidents as before on joined.deploy_before = before.deploy_id
)

select * from final
