-- A view: most readers ask for days, and whoever asks for the hours of an endpoint pays for them.
-- Nothing is lost by that, for the histograms they come from are kept.
with histograms as ( -- noqa: ST03
    select
        service,
        coalesce(endpoint, '__null__') as endpoint,
        coalesce(version, '__null__') as version,
        hour_start,
        requested_on,
        latency_bucket,
        requests,
        errors
    from {{ ref('platform_request_histograms') }}
),

final as (
    select *
    from {{ histogram_counts(
        'histograms',
        ['service', 'endpoint', 'version', 'hour_start'],
        also=['min(requested_on) as requested_on'],
    ) }}
)

select * from final -- noqa: AM04
