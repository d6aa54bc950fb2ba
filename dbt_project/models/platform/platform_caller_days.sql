-- The names of services that write logs, and those that hub.yml tells, are shown; other callers
-- may be people and stay hashes.
with parts as (
    select * from {{ ref('platform_caller_parts') }}
),

request_days as (
    select * from {{ ref('platform_request_days') }}
),

known as (
    select service as name
    from request_days
    union distinct
    select name
    from {{ configured_rows('callers', {'name': 'string'}) }}
),

names as (
    select
        name,
        {{ keyed_hash('name') }} as caller_hash
    from known
),

final as (
    select
        parts.service,
        coalesce(names.name, parts.caller_hash) as caller,
        names.name is not null as is_named,
        parts.requested_on,
        cast(sum(parts.requests) as bigint) as requests,
        cast(sum(parts.errors) as bigint) as errors,
        cast(sum(parts.requests_with_fallback_known) as bigint) as requests_with_fallback_known,
        cast(sum(parts.fallbacks) as bigint) as fallbacks,
        cast(sum(parts.requests_with_answer_known) as bigint) as requests_with_answer_known,
        cast(sum(parts.empty_answers) as bigint) as empty_answers,
        min(parts.first_seen) as first_seen,
        max(parts.last_seen) as last_seen
    from parts
    left join names on parts.caller_hash = names.caller_hash
    group by 1, 2, 3, 4
)

select * from final
