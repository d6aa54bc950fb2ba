with delivered as (
    select * from {{ delivered_rows('jira_sprints') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _source, sprint_id
            order by _loaded_at desc, _file desc, _line desc
        ) as recency
    from delivered
    where sprint_id is not null
),

final as (
    select
        _source as source,
        sprint_id,
        sprint_name,
        lower(state) as state,
        started_at,
        ends_at,
        completed_at,
        board_id
    from ranked
    where recency = 1
)

select * from final
