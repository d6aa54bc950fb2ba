with sprints as (
    select * from {{ ref('team_sprints') }}
),

final as (
    select
        source,
        project,
        sprint_id,
        sprint_name,
        started_on,
        ended_on,
        is_complete,
        committed,
        completed_committed,
        completed,
        added,
        carried_over,
        removed,
        approximate_items,
        {{ ratio('completed_committed', 'committed') }} as kept_ratio
    from sprints
)

select * from final
