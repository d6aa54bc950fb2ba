with changes as (
    select
        *,
        coalesce(from_id, '') as from_key,
        coalesce(to_id, '') as to_key,
        lower(trim(from_value)) as from_name,
        lower(trim(to_value)) as to_name
    from {{ ref('stg_jira_changes') }}
    where field = 'status'
),

statuses as (
    select * from {{ ref('stg_jira_statuses') }}
),

final as (
    select
        changes.source,
        changes.issue,
        changes.issue_key,
        changes.issue_id,
        changes.entry,
        changes.item,
        changes.changed_at,
        changes.from_value as from_name,
        changes.to_value as to_name,
        coalesce(statuses_before.category, 'unknown') as from_category,
        coalesce(statuses_after.category, 'unknown') as to_category,
        row_number() over (
            partition by changes.source, changes.issue
            order by changes.changed_at, changes.entry, changes.item nulls last
        ) as change_number
    from changes
    left join statuses as statuses_before
        on
            changes.source = statuses_before.source
            and changes.from_key = statuses_before.status_id
            and changes.from_name = statuses_before.status_name
    left join statuses as statuses_after
        on
            changes.source = statuses_after.source
            and changes.to_key = statuses_after.status_id
            and changes.to_name = statuses_after.status_name
)

select * from final
