with patterns as (
    select * from {{ ref('platform_error_versions') }}
),

endpoints as (
    select * from {{ ref('platform_endpoint_versions') }}
),

versions as (
    select
        service,
        version,
        sum(requests) as requests
    from endpoints
    group by service, version
),

final as (
    select
        patterns.service,
        patterns.version,
        patterns.pattern,
        patterns.status,
        patterns.lines,
        {{ ratio('patterns.lines', 'versions.requests') }} as lines_per_request,
        patterns.first_seen,
        patterns.last_seen,
        patterns.is_first_version
    from patterns
    left join versions
        on
            patterns.service = versions.service
            and patterns.version = versions.version
)

select * from final
