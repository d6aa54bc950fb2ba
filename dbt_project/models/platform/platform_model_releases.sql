-- A release whose run is unknown or did not finish still ends the one before it: what was live
-- then has no known offline value.
with releases as ( -- noqa: ST03
    select * from {{ ref('platform_releases') }}
    where kind = 'model' and is_production
),

intervals as (
    select * from {{ live_releases('releases') }}
),

final as (
    select
        model,
        version,
        released_at,
        released_on as valid_from,
        next_released_on as valid_to,
        run_id,
        dataset,
        is_matched,
        match_problem,
        is_rollback
    from intervals
)

select * from final
