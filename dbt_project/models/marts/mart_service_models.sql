with usage_days as (
    select * from {{ ref('platform_model_usage_days') }}
),

final as (
    select
        service,
        coalesce(model, '__null__') as model,
        coalesce(model_version, '__null__') as model_version,
        min(first_seen) as first_seen,
        max(requested_on) as last_day,
        cast(sum(requests) as bigint) as requests,
        {{ ratio('sum(fallbacks)', 'sum(requests_with_fallback_known)') }} as fallback_ratio,
        {{ ratio('sum(empty_answers)', 'sum(requests_with_answer_known)') }} as empty_ratio,
        {{ ratio('sum(k_served_where_asked)', 'sum(k_asked_where_served)') }} as served_ratio,
        {{ ratio('sum(k_rendered)', 'sum(k_served_where_rendered)') }} as rendered_ratio,
        {{ ratio('sum(k_viewed)', 'sum(k_rendered_where_viewed)') }} as viewed_ratio,
        {{ ratio('sum(unknown_platforms)', 'sum(requests)') }} as unknown_platform_ratio
    from usage_days
    group by 1, 2, 3
)

select * from final
