with usage_days as (
    select * from {{ ref('platform_model_usage_days') }}
),

days as (
    select
        service,
        coalesce(platform, '__null__') as platform,
        is_known_platform as is_known,
        requested_on as day,
        cast(sum(requests) as bigint) as requests,
        {{ ratio('sum(fallbacks)', 'sum(requests_with_fallback_known)') }} as fallback_ratio,
        min(first_seen) as first_seen_on_day
    from usage_days
    group by 1, 2, 3, 4
),

final as (
    select
        service,
        platform,
        is_known,
        day,
        requests,
        fallback_ratio,
        min(first_seen_on_day) over (partition by service, platform) as first_seen
    from days
)

select * from final
