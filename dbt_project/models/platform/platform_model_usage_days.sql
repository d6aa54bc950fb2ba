with parts as (
    select * from {{ ref('platform_model_usage_parts') }}
),

final as (
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
        cast(sum(unknown_platforms) as bigint) as unknown_platforms,
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
)

select * from final
