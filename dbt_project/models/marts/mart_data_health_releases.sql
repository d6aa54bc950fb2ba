with releases as (
    select * from {{ ref('platform_releases') }}
),

final as (
    select
        model,
        version,
        released_at,
        run_id,
        match_problem as problem
    from releases
    where match_problem is not null
)

select * from final
