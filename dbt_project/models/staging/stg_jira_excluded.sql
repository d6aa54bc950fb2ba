-- One tracker exported by two sources, or two trackers that number a project alike: of a key only
-- the state updated last counts. A key that its own source no longer uses is not left out.
with issues as (
    select * from {{ ref('stg_jira_issues') }}
),

keys_today as (
    select * from {{ issue_keys_today() }}
),

delivered as (
    select
        rows_of_table._source as source,
        rows_of_table.created_at,
        coalesce(keys_today.issue_key, rows_of_table.issue_key) as issue_key
    from (select * from {{ delivered_rows('jira_issues') }}) as rows_of_table
    left join keys_today
        on
            rows_of_table._source = keys_today.source
            and rows_of_table.issue_id = keys_today.issue_id
),

final as (
    select
        delivered.source,
        delivered.issue_key,
        issues.source as counted_source,
        min({{ local_day('delivered.created_at') }}) as created_on
    from delivered
    inner join issues
        on delivered.issue_key = issues.issue_key and delivered.source != issues.source
    group by delivered.source, delivered.issue_key, issues.source
)

select * from final
