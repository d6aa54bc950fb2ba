-- A sprint is known by its id; where an export tells none, by a name that it alone bears. Where no
-- whole history tells when an issue was in a sprint, today's count from its creation on.
with issues as (
    select * from {{ ref('team_issues') }}
),

names as (
    select
        source,
        sprint_name,
        case when count(*) = 1 then min(sprint_id) end as sprint_id
    from {{ ref('stg_jira_sprints') }}
    group by source, sprint_name
),

changes as (
    select
        told.*,
        issues.created_at,
        row_number() over (
            partition by told.issue_key order by told.changed_at, told.entry, told.item nulls last
        ) as place,
        lead(told.changed_at) over (
            partition by told.issue_key order by told.changed_at, told.entry, told.item nulls last
        ) as next_changed_at
    from {{ ref('stg_jira_changes') }} as told
    inner join issues on told.source = issues.source and told.issue_key = issues.issue_key
    where lower(told.field) = 'sprint' and not issues.is_approximate
),

lists as (
    select
        source,
        issue_key,
        to_id as sprint_ids,
        ', ' || to_value || ',' as sprint_names,
        changed_at as entered_at,
        next_changed_at as left_at
    from changes
    union all
    select
        source,
        issue_key,
        from_id as sprint_ids,
        ', ' || from_value || ',' as sprint_names,
        created_at as entered_at,
        changed_at as left_at
    from changes
    where place = 1
),

today as (
    select issues.*
    from issues
    left join changes on issues.source = changes.source and issues.issue_key = changes.issue_key
    where changes.issue_key is null
),

names_today as (
    select source, issue_key, created_at, {{ json_list_rows('sprints') }} as sprint_name
    from today
    where sprints is not null and sprint_ids is null
),

final as (
    select
        source,
        issue_key,
        {{ pattern_rows('sprint_ids', '[0-9]+') }} as sprint_id,
        cast(null as {{ dbt.type_string() }}) as sprint_name,
        entered_at,
        left_at
    from lists
    union
    select
        source,
        issue_key,
        {{ json_list_rows('sprint_ids') }} as sprint_id,
        cast(null as {{ dbt.type_string() }}) as sprint_name,
        created_at as entered_at,
        cast(null as {{ type_instant() }}) as left_at
    from today
    union
    select
        lists.source,
        lists.issue_key,
        names.sprint_id,
        names.sprint_name,
        lists.entered_at,
        lists.left_at
    from lists
    inner join names
        on
            lists.source = names.source
            and {{ dbt.position("', ' || names.sprint_name || ','", 'lists.sprint_names') }} > 0
    where coalesce(lists.sprint_ids, '') = ''
    union
    select
        names_today.source,
        names_today.issue_key,
        names.sprint_id,
        names.sprint_name,
        names_today.created_at as entered_at,
        cast(null as {{ type_instant() }}) as left_at
    from names_today
    inner join names
        on names_today.source = names.source and names_today.sprint_name = names.sprint_name
)

select * from final
