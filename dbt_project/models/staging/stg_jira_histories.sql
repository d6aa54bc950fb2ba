-- A history is whole when as many different entries are here as the last delivery of it says there
-- are; where none says a number, its last part must not show that it goes on.
with issues as (
    select * from {{ issue_keys_today() }}
),

parts as (
    select
        parts._source as source,
        coalesce(issues.issue_key, parts.issue_key, parts.issue_id) as issue,
        parts.total_entries,
        parts.has_more,
        row_number() over (
            partition by
                parts._source, coalesce(issues.issue_key, parts.issue_key, parts.issue_id)
            order by
                parts._loaded_at desc,
                case when parts.total_entries is null then 1 else 0 end,
                parts.total_entries desc,
                parts.first_entry desc,
                case when parts.has_more then 1 else 0 end
        ) as recency
    from (select * from {{ delivered_rows('jira_changelog_pages') }}) as parts
    left join issues
        on
            parts._source = issues.source
            and parts.issue_id = issues.issue_id
),

entries as (
    select
        source,
        issue,
        count(distinct entry) as entries
    from {{ ref('stg_jira_changes') }}
    group by source, issue
),

final as (
    select
        parts.source,
        parts.issue,
        coalesce(entries.entries, 0) as entries,
        parts.total_entries,
        case
            when parts.total_entries is not null
                then coalesce(entries.entries, 0) < parts.total_entries
            else coalesce(parts.has_more, false)
        end as is_truncated
    from parts
    left join entries
        on parts.source = entries.source and parts.issue = entries.issue
    where parts.recency = 1
)

select * from final
