with issues as (
    select * from {{ ref('team_issues') }}
),

known as (
    select
        data_through,
        {{ local_day('newest_at') }} as last_day
    from {{ ref('stg_watermarks') }}
    where kind = 'jira'
),

final as (
    select
        issues.project,
        known.data_through,
        known.last_day,
        min(case
            when issues.finished_on < issues.created_on then issues.finished_on
            else issues.created_on
        end) as first_day,
        cast(count(*) as bigint) as issues,
        {{ count_where('issues.is_approximate') }} as approximate_issues,
        {{ count_where('not issues.is_approximate') }} > 0 as has_history
    from issues
    cross join known
    group by issues.project, known.data_through, known.last_day
)

select * from final
