-- Only issues whose whole history was delivered: of others nobody knows when they were where. The
-- first spell begins with the issue, in the status that its first change leaves.
with issues as (
    select * from {{ ref('stg_jira_issues') }}
    where has_history and not is_history_truncated
),

changes as (
    select * from {{ ref('stg_jira_status_changes') }}
),

waiting as (
    select
        source,
        lower(trim(name)) as status_name
    from {{ configured_rows('jira_waiting', {'source': 'string', 'name': 'string'}) }}
),

-- a source without named waiting statuses does not tell work from waiting
telling as (
    select distinct source from waiting
),

entries as (
    select
        issues.source,
        issues.issue_key,
        issues.project,
        0 as spell,
        case
            when changes.changed_at < issues.created_at then changes.changed_at
            else issues.created_at
        end as entered_at,
        case when changes.issue is null then issues.status else changes.from_name end
            as status_name,
        case when changes.issue is null then issues.status_category else changes.from_category end
            as category
    from issues
    left join changes
        on
            issues.source = changes.source
            and issues.issue_key = changes.issue_key
            and changes.change_number = 1
    union all
    select
        issues.source,
        issues.issue_key,
        issues.project,
        changes.change_number as spell,
        changes.changed_at as entered_at,
        changes.to_name as status_name,
        changes.to_category as category
    from issues
    inner join changes
        on issues.source = changes.source and issues.issue_key = changes.issue_key
),

placed as (
    select
        *,
        lead(entered_at) over (partition by issue_key order by spell) as left_at,
        lag(category) over (partition by issue_key order by spell) as category_before
    from entries
),

final as (
    select
        placed.issue_key,
        placed.project,
        placed.spell,
        placed.category,
        placed.category_before,
        placed.entered_at,
        {{ local_day('placed.entered_at') }} as entered_on,
        placed.left_at,
        {{ local_day('placed.left_at') }} as left_on,
        case
            when telling.source is not null
                then placed.category = 'in_progress' and waiting.status_name is not null
        end as is_waiting
    from placed
    left join telling on placed.source = telling.source
    left join waiting
        on
            placed.source = waiting.source
            and lower(trim(placed.status_name)) = waiting.status_name
)

select * from final
