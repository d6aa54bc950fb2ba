with parts as (
    select * from {{ ref('platform_model_usage_parts') }}
),

days as (
    select
        service,
        model,
        model_version,
        platform,
        requested_on,
        cast(sum(requests) as bigint) as requests,
        cast(sum(requests_with_fallback_known) as bigint) as requests_with_fallback_known,
        cast(sum(fallbacks) as bigint) as fallbacks,
        cast(sum(requests_with_answer_known) as bigint) as requests_with_answer_known,
        cast(sum(empty_answers) as bigint) as empty_answers,
        cast(sum(k_asked) as bigint) as k_asked,
        cast(sum(k_served) as bigint) as k_served,
        cast(sum(k_rendered) as bigint) as k_rendered,
        cast(sum(k_viewed) as bigint) as k_viewed,
        cast(sum(k_asked_where_served) as bigint) as k_asked_where_served,
        cast(sum(k_served_where_asked) as bigint) as k_served_where_asked,
        cast(sum(k_served_where_rendered) as bigint) as k_served_where_rendered,
        cast(sum(k_rendered_where_viewed) as bigint) as k_rendered_where_viewed,
        min(first_seen) as first_seen
    from parts
    group by service, model, model_version, platform, requested_on
),

dated as (
    select
        *,
        min(requested_on) over (partition by service) as first_day_of_service,
        min(requested_on) over (partition by service, platform) as first_day_of_platform
    from days
),

judged as (
    select
        *,
        {{ is_known_platform('platform', 'first_day_of_platform', 'first_day_of_service') }}
            as is_known_platform
    from dated
),

final as (
    select
        service,
        model,
        model_version,
        platform,
        is_known_platform,
        requested_on,
        requests,
        requests_with_fallback_known,
        fallbacks,
        requests_with_answer_known,
        empty_answers,
        case when is_known_platform then 0 else requests end as unknown_platforms,
        k_asked,
        k_served,
        k_rendered,
        k_viewed,
        k_asked_where_served,
        k_served_where_asked,
        k_served_where_rendered,
        k_rendered_where_viewed,
        first_seen
    from judged
)

select * from final
