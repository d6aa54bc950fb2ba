-- What was live at the end of a day counts for the day. A release whose run is unknown or did
-- not finish still ends the one before it: what was live then has no known offline value.
with releases as (
    select * from {{ ref('platform_releases') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by model, released_on
            order by released_at desc, version desc
        ) as recency
    from releases
    where kind = 'model' and is_production
),

intervals as (
    select
        *,
        lead(released_on) over (partition by model order by released_on) as next_released_on
    from ranked
    where recency = 1
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
