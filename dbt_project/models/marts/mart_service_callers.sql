with caller_days as (
    select * from {{ ref('platform_caller_days') }}
),

request_days as (
    select * from {{ ref('platform_request_days') }}
),

known as (
    select newest_at
    from {{ ref('stg_watermarks') }}
    where kind = 'service_logs'
),

totals as (
    select
        service,
        sum(requests) as requests
    from request_days
    group by service
),

dated as (
    select
        caller_days.*,
        {{ days_apart('caller_days.requested_on', local_day('known.newest_at')) }} as days_ago
    from caller_days
    cross join known
),

counted as (
    select
        service,
        caller,
        is_named,
        cast(sum(requests) as bigint) as requests,
        cast(
            coalesce(sum(case when days_ago between 1 and 28 then requests end), 0) as bigint
        ) as requests_in_28_days,
        sum(errors) as errors,
        sum(fallbacks) as fallbacks,
        sum(requests_with_fallback_known) as requests_with_fallback_known,
        sum(empty_answers) as empty_answers,
        sum(requests_with_answer_known) as requests_with_answer_known,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen
    from dated
    group by service, caller, is_named
),

final as (
    select
        counted.service,
        counted.caller,
        counted.is_named,
        counted.requests,
        {{ ratio('counted.requests', 'totals.requests') }} as share_of_requests,
        counted.requests_in_28_days,
        {{ ratio('counted.errors', 'counted.requests') }} as error_ratio,
        {{ ratio('counted.fallbacks', 'counted.requests_with_fallback_known') }} as fallback_ratio,
        {{ ratio('counted.empty_answers', 'counted.requests_with_answer_known') }} as empty_ratio,
        counted.first_seen,
        counted.last_seen
    from counted
    left join totals on counted.service = totals.service
)

select * from final
