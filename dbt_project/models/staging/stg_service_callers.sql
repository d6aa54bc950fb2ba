-- A view beside stg_service_requests: what a request says of who asked. A caller may be an address
-- or a person, so it is carried as a keyed hash only.
with delivered as (
    select * from {{ delivered_rows('service_logs') }}
),

callers as (
    select
        caller,
        {{ keyed_hash('caller') }} as caller_hash
    from (
        select distinct caller
        from {{ source('raw', 'service_logs') }}
    ) as seen
),

final as (
    select
        delivered.logged_at as requested_at,
        {{ local_day('delivered.logged_at') }} as requested_on,
        coalesce(delivered.service, 'unknown') as service,
        callers.caller_hash,
        coalesce(delivered.status >= 500, false) as is_error,
        delivered.is_fallback,
        delivered.k_served,
        delivered._load_id as load_id,
        delivered._loaded_at as loaded_at
    from delivered
    inner join callers on delivered.caller = callers.caller
    where {{ is_request('delivered') }}
)

select * from final
