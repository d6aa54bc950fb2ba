-- A stage that no record tells of is left out of the count that its share is taken of.
with exposure as (
    select * from {{ ref('stg_exposure') }}
    where position is not null
),

final as (
    select
        source,
        surface,
        model,
        model_version,
        platform,
        exposed_on,
        position,
        {{ count_known('is_served') }} as served,
        {{ count_where('is_served and is_rendered is not null') }} as served_where_rendered,
        {{ count_known('is_rendered') }} as rendered,
        {{ count_where('is_served and is_viewed is not null') }} as served_where_viewed,
        {{ count_known('is_viewed') }} as viewed,
        {{ count_known('is_clicked') }} as clicked
    from exposure
    group by source, surface, model, model_version, platform, exposed_on, position
)

select * from final
