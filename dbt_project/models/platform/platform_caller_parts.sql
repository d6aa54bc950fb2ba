-- Appended to, never rewritten: late lines add rows of their own, and readers add up.
with requests as (
    select *
    from {{ ref('stg_service_callers') }}
    where {{ is_new('loaded_at') }}
),

final as (
    select
        service,
        caller_hash,
        requested_on,
        cast(count(*) as bigint) as requests,
        {{ count_where('is_error') }} as errors,
        cast(nullif(count(is_fallback), 0) as bigint) as requests_with_fallback_known,
        {{ count_known('is_fallback') }} as fallbacks,
        cast(nullif(count(k_served), 0) as bigint) as requests_with_answer_known,
        {{ count_known('k_served = 0') }} as empty_answers,
        min(requested_at) as first_seen,
        max(requested_at) as last_seen,
        max(loaded_at) as loaded_at
    from requests
    group by service, caller_hash, requested_on
)

select * from final {{ and_retained() }} -- noqa: AL01
