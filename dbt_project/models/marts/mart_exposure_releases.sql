-- A record counts for the version of the model that it names; one that names none, and every record
-- for a service, for the release that was the last one on its day.
with exposure_days as (
    select
        *,
        coalesce(surface, source) as place
    from {{ ref('platform_exposure_days') }}
),

services as (
    select distinct service as component
    from {{ ref('platform_model_usage_days') }}
    where k_rendered is not null
),

releases as ( -- noqa: ST03
    select * from {{ ref('platform_releases') }}
    where released_on is not null
),

spans as (
    select
        model as component,
        version,
        released_on,
        next_released_on as next_on
    from {{ live_releases('releases') }}
),

-- the models that fill a surface, and every service that tells how much of a list it drew
filled as (
    select
        place,
        model as component
    from exposure_days
    union distinct
    select
        places.place,
        services.component
    from (select distinct place from exposure_days) as places
    cross join services
),

components as (
    select
        place,
        component,
        count(*) over (partition by place) as components_of_surface
    from filled
    where component in (select spans.component from spans)
),

named as (
    select
        exposure_days.*,
        components.component,
        components.components_of_surface,
        case when exposure_days.model = components.component then exposure_days.model_version end
            as named_version
    from exposure_days
    inner join components on exposure_days.place = components.place
),

told as (
    select
        named.*,
        named.named_version is not null as is_named,
        coalesce(named.named_version, spans.version) as version,
        case when named.named_version is null then spans.released_on end as released_on
    from named
    left join spans
        on
            named.component = spans.component
            and named.exposed_on >= spans.released_on
            and (spans.next_on is null or named.exposed_on < spans.next_on)
),

final as (
    select
        place as surface,
        component,
        components_of_surface,
        is_named,
        version,
        coalesce(released_on, min(min(exposed_on)) over of_release) as since,
        position,
        cast(sum(served) as bigint) as served,
        {{ ratio('sum(served)', 'max(sum(served)) over of_release') }} as served_ratio,
        cast(sum(rendered) as bigint) as rendered,
        {{ ratio('sum(rendered)', 'sum(served_where_rendered)') }} as rendered_ratio,
        cast(sum(viewed) as bigint) as viewed,
        {{ ratio('sum(viewed)', 'sum(served_where_viewed)') }} as viewed_ratio
    from told
    group by
        place, component, components_of_surface, is_named, version, released_on, position
    window of_release as (partition by place, component, is_named, version, released_on)
)

select * from final
