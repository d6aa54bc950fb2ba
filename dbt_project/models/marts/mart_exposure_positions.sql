with days as (
    select * from {{ ref('platform_exposure_days') }}
),

final as (
    select
        source,
        surface,
        model,
        model_version,
        exposed_on as day,
        position,
        cast(sum(served) as bigint) as served,
        cast(sum(served_where_rendered) as bigint) as served_where_rendered,
        cast(sum(rendered) as bigint) as rendered,
        cast(sum(served_where_viewed) as bigint) as served_where_viewed,
        cast(sum(viewed) as bigint) as viewed,
        cast(sum(clicked) as bigint) as clicked
    from days
    group by source, surface, model, model_version, exposed_on, position
)

select * from final
