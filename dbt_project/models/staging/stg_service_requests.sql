-- A view: the lines are kept once, in the raw table, and the facts read only the new ones. So it
-- holds nothing that costs where it is not asked for: a longer list after `in` becomes a join.
with delivered as (
    select * from {{ delivered_rows('service_logs') }}
),

endpoints as (
    select * from {{ ref('stg_service_endpoints') }}
),

final as (
    select
        delivered._source as source,
        delivered.logged_at as requested_at,
        {{ local_day('delivered.logged_at') }} as requested_on,
        {{ start_of('hour', 'delivered.logged_at') }} as hour_start,
        coalesce(delivered.service, 'unknown') as service,
        endpoints.endpoint_pattern as endpoint,
        delivered.method,
        {{ is_request('delivered') }} as is_request,
        delivered.status,
        coalesce(delivered.status >= 500, false) as is_error,
        delivered.latency_ms,
        delivered.version,
        delivered.model,
        delivered.model_version,
        case
            when
                lower(trim(delivered.platform)) not in ('', '-', 'n/a', 'na')
                and lower(trim(delivered.platform))
                not in ('none', 'null', 'undefined', 'unknown')
                then lower(trim(delivered.platform))
        end as platform,
        delivered.k_asked,
        delivered.k_served,
        delivered.k_rendered,
        delivered.k_viewed,
        delivered.is_fallback,
        case
            when
                delivered.status >= 500
                or upper(delivered.level) in ('ERROR', 'CRITICAL', 'FATAL')
                then coalesce(
                    {{ masked_message('delivered.message') }},
                    delivered.method || ' ' || endpoints.endpoint_pattern,
                    endpoints.endpoint_pattern,
                    'no message'
                )
        end as error_pattern,
        delivered._load_id as load_id,
        delivered._loaded_at as loaded_at
    from delivered
    left join endpoints on delivered.endpoint = endpoints.endpoint
)

select * from final
