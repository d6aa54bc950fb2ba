-- The difference of two error ratios with the 95 % interval of Agresti and Caffo (The American
-- Statistician 54, 2000), which adds a success and a failure to both sides and so holds for few
-- requests, too. Requests of one bad minute fail together: the interval is rather too narrow.
with versions as (
    select * from {{ ref('platform_service_versions') }}
),

patterns as (
    select * from {{ ref('platform_error_versions') }}
    where is_first_version
),

new_patterns as (
    select
        versions.service,
        versions.version,
        versions.stint,
        cast(count(*) as bigint) as new_patterns
    from versions
    inner join patterns
        on
            versions.service = patterns.service
            and versions.version = patterns.version
            and patterns.first_seen between versions.first_seen and versions.last_seen
    group by 1, 2, 3
),

rated as (
    select
        *,
        {{ ratio('errors', 'requests') }} as error_ratio,
        {{ ratio('requests', dbt.datediff('first_seen', 'last_seen', 'second')) }}
            as requests_per_second,
        (cast(errors as double) + 1) / (cast(requests as double) + 2) as share
    from versions
),

measured as (
    select
        *,
        share * (1 - share) / (cast(requests as double) + 2) as variance
    from rated
),

compared as (
    select
        *,
        {%- for column in [
            'requests', 'latency_ms_p50', 'latency_ms_p95', 'latency_ms_p99', 'error_ratio', 'share'
        ] %}
        lag({{ column }}) over (
            partition by service, case when stint = 0 then version end order by stint
        ) as previous_{{ column }},
        {%- endfor %}
        lag(variance) over (
            partition by service, case when stint = 0 then version end order by stint
        ) as previous_variance
    from measured
),

estimated as (
    select
        *,
        share - previous_share as middle,
        1.959964 * sqrt(variance + previous_variance) as half_width
    from compared
),

final as (
    select
        estimated.service,
        estimated.version,
        estimated.stint,
        estimated.first_seen,
        estimated.last_seen,
        estimated.requests,
        estimated.requests_per_second,
        estimated.errors,
        estimated.error_ratio,
        estimated.latency_ms_p50,
        estimated.latency_ms_p95,
        estimated.latency_ms_p99,
        estimated.previous_version,
        estimated.is_rollback,
        estimated.previous_requests,
        estimated.previous_error_ratio,
        estimated.previous_latency_ms_p50,
        estimated.previous_latency_ms_p95,
        estimated.previous_latency_ms_p99,
        estimated.error_ratio - estimated.previous_error_ratio as error_ratio_change,
        estimated.middle - estimated.half_width as error_ratio_change_low,
        estimated.middle + estimated.half_width as error_ratio_change_high,
        coalesce(new_patterns.new_patterns, 0) as new_patterns
    from estimated
    left join new_patterns
        on
            estimated.service = new_patterns.service
            and estimated.version = new_patterns.version
            and estimated.stint = new_patterns.stint
)

select * from final
