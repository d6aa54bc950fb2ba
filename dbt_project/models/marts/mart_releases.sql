with releases as (
    select * from {{ ref('platform_releases') }}
),

final as (
    select
        model,
        version,
        released_at,
        released_on,
        environment,
        run_id,
        is_matched,
        match_problem,
        is_rollback,
        previous_version,
        dataset,
        kind
    from releases
)

select * from final
