-- What is seen was drawn, and what was drawn was served. What no record tells stays unknown.
with delivered as (
    select * from {{ delivered_rows('exposure') }}
),

stages as (
    select
        *,
        case
            when is_served or is_rendered or is_viewed or is_clicked then 1
            when not is_served then 0
        end as served,
        case
            when is_rendered or is_viewed or is_clicked then 1
            when not is_rendered then 0
        end as rendered,
        case when is_viewed or is_clicked then 1 when not is_viewed then 0 end as viewed,
        case when is_clicked then 1 when not is_clicked then 0 end as clicked
    from delivered
),

of_requests as (
    select
        _source as source,
        request_id,
        position,
        item_id,
        min(exposed_at) as exposed_at,
        max(session_id) as session_id,
        max(user_id) as user_id,
        max(surface) as surface,
        max(model) as model,
        max(model_version) as model_version,
        max(variant) as variant,
        max(platform) as platform,
        max(country) as country,
        max(propensity) as propensity,
        max(served) as served,
        max(rendered) as rendered,
        max(viewed) as viewed,
        max(clicked) as clicked
    from stages
    where request_id is not null
    group by _source, request_id, position, item_id
),

without_request as (
    select
        _source as source,
        request_id,
        position,
        item_id,
        exposed_at,
        session_id,
        user_id,
        surface,
        model,
        model_version,
        variant,
        platform,
        country,
        propensity,
        served,
        rendered,
        viewed,
        clicked
    from stages
    where request_id is null
),

positions as (
    select * from of_requests
    union all
    select * from without_request
),

final as (
    select
        source,
        request_id,
        exposed_at,
        {{ local_day('exposed_at') }} as exposed_on,
        {{ keyed_hash('session_id') }} as session_key,
        {{ keyed_hash('user_id') }} as user_key,
        surface,
        model,
        model_version,
        variant,
        lower(nullif(trim(platform), '')) as platform,
        nullif(trim(country), '') as country,
        position,
        item_id,
        propensity,
        served = 1 as is_served,
        rendered = 1 as is_rendered,
        viewed = 1 as is_viewed,
        clicked = 1 as is_clicked
    from positions
)

select * from final
