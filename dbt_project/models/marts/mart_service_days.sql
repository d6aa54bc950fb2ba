-- A day without a line is a gap in what is known, not a day without requests.
with request_days as (
    select * from {{ ref('platform_request_days') }}
),

usage_days as (
    select * from {{ ref('platform_model_usage_days') }}
),

apdex_days as (
    select * from {{ ref('platform_apdex_days') }}
),

known as (
    select data_through
    from {{ ref('stg_watermarks') }}
    where kind = 'service_logs'
),

days as (
    select * from {{ service_days('request_days') }}
),

usage as (
    select
        service,
        requested_on,
        {{ ratio('sum(fallbacks)', 'sum(requests_with_fallback_known)') }} as fallback_ratio,
        {{ ratio('sum(empty_answers)', 'sum(requests_with_answer_known)') }} as empty_ratio,
        cast(sum(k_asked) as bigint) as k_asked,
        cast(sum(k_served) as bigint) as k_served,
        cast(sum(k_rendered) as bigint) as k_rendered,
        cast(sum(k_viewed) as bigint) as k_viewed,
        {{ ratio('sum(k_served_where_asked)', 'sum(k_asked_where_served)') }} as served_ratio,
        {{ ratio('sum(k_rendered)', 'sum(k_served_where_rendered)') }} as rendered_ratio,
        {{ ratio('sum(k_viewed)', 'sum(k_rendered_where_viewed)') }} as viewed_ratio,
        {{ ratio('sum(unknown_platforms)', 'sum(requests)') }} as unknown_platform_ratio
    from usage_days
    group by service, requested_on
),

final as (
    select
        days.service,
        days.day,
        request_days.requests,
        request_days.errors,
        {{ ratio('request_days.errors', 'request_days.requests') }} as error_ratio,
        request_days.latency_ms_p50,
        request_days.latency_ms_p95,
        request_days.latency_ms_p99,
        {{ ratio('apdex_days.points', 'apdex_days.requests') }} as apdex,
        apdex_days.points as apdex_points,
        apdex_days.requests as apdex_requests,
        apdex_days.apdex_ms,
        usage.fallback_ratio,
        usage.empty_ratio,
        usage.k_asked,
        usage.k_served,
        usage.k_rendered,
        usage.k_viewed,
        usage.served_ratio,
        usage.rendered_ratio,
        usage.viewed_ratio,
        usage.unknown_platform_ratio,
        request_days.requests is not null as has_data,
        {{ is_period_complete('days.day', 'day', 'known.data_through') }} as is_complete
    from days
    cross join known
    left join request_days
        on
            days.service = request_days.service
            and days.day = request_days.requested_on
    left join usage
        on
            days.service = usage.service
            and days.day = usage.requested_on
    left join apdex_days
        on
            days.service = apdex_days.service
            and days.day = apdex_days.requested_on
)

select * from final
