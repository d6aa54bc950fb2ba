-- An entry of a history comes with every delivery that holds it; the issue's key of today counts,
-- also for entries from before it moved or with the issue's number only.
with delivered as (
    select * from {{ delivered_rows('jira_changelog') }}
),

issues as (
    select * from {{ issue_keys_today() }}
),

identified as (
    select
        delivered.*,
        delivered._source as source,
        coalesce(issues.issue_key, delivered.issue_key) as key_today,
        coalesce(
            issues.issue_key, delivered.issue_key, delivered.issue_id
        ) as issue,
        coalesce(
            delivered.history_id,
            cast(
                cast(delivered.changed_at as {{ dbt.type_timestamp() }}) as {{ dbt.type_string() }}
            )
        ) as entry
    from delivered
    left join issues
        on
            delivered._source = issues.source
            and delivered.issue_id = issues.issue_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by source, issue, entry, item, changed_at, field, from_value, to_value
            order by _loaded_at desc, _load_id desc, _line desc
        ) as recency
    from identified
),

final as (
    select
        source,
        issue,
        key_today as issue_key,
        issue_id,
        entry,
        item,
        changed_at,
        field,
        from_id,
        from_value,
        to_id,
        to_value
    from ranked
    where recency = 1
)

select * from final
