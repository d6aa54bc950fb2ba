-- Which issue types and labels mean an incident is said in hub.yml, source by source.
with issues as (
    select * from {{ ref('stg_jira_issues') }}
),

named as (
    select * from {{ configured_rows(
        'jira_incidents', {'source': 'string', 'field': 'string', 'name': 'string'}
    ) }}
),

labels as (
    select
        source,
        issue_key,
        {{ json_list_rows('labels') }} as label
    from issues
    where labels is not null
),

marked as (
    select
        issues.source,
        issues.issue_key
    from issues
    inner join named
        on
            issues.source = named.source
            and named.field = 'issue_type'
            and lower(issues.issue_type) = lower(named.name)
    union
    select
        labels.source,
        labels.issue_key
    from labels
    inner join named
        on
            labels.source = named.source
            and named.field = 'label'
            and lower(labels.label) = lower(named.name)
),

final as (
    select
        issues.issue_key as incident_id,
        cast(null as {{ dbt.type_string() }}) as service,
        issues.created_at as opened_at,
        case when issues.resolved_at >= issues.created_at then issues.resolved_at end
            as resolved_at,
        issues.priority as severity,
        issues.source
    from issues
    inner join marked
        on issues.source = marked.source and issues.issue_key = marked.issue_key
)

select * from final
