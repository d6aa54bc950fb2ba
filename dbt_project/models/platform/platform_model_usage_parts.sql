-- Appended to, never rewritten: late lines add rows of their own, and readers add up.
-- Each share has its own base: the lines that say anything about it.
with requests as (
    select
        *,
        {{ start_of(unit_of_local_days(), 'requested_at') }} as part_start
    from {{ ref('stg_service_requests') }}
    where
        {{ is_new('loaded_at') }}
        and is_request
),

model_requests as (
    select *
    from requests
    where
        model is not null
        or is_fallback is not null
        or k_asked is not null
        or k_served is not null
        or k_rendered is not null
),

final as (
    select
        service,
        model,
        model_version,
        platform,
        {{ local_day('part_start') }} as requested_on,
        cast(count(*) as bigint) as requests,
        cast(nullif(count(is_fallback), 0) as bigint) as requests_with_fallback_known,
        {{ count_known('is_fallback') }} as fallbacks,
        cast(nullif(count(k_served), 0) as bigint) as requests_with_answer_known,
        {{ count_known('k_served = 0') }} as empty_answers,
        cast(sum(k_asked) as bigint) as k_asked,
        cast(sum(k_served) as bigint) as k_served,
        cast(sum(k_rendered) as bigint) as k_rendered,
        cast(sum(k_viewed) as bigint) as k_viewed,
        cast(sum(case when k_served is not null then k_asked end) as bigint)
            as k_asked_where_served,
        cast(sum(case when k_asked is not null then k_served end) as bigint)
            as k_served_where_asked,
        cast(sum(case when k_rendered is not null then k_served end) as bigint)
            as k_served_where_rendered,
        cast(sum(case when k_viewed is not null then k_rendered end) as bigint)
            as k_rendered_where_viewed,
        min(requested_at) as first_seen,
        max(loaded_at) as loaded_at
    from model_requests
    group by service, model, model_version, platform, part_start
)

select * from final {{ and_retained() }} -- noqa: AL01
