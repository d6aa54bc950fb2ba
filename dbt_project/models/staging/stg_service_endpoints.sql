-- A table, so that each path is masked once and not by every model that reads lines; only the paths
-- of new lines are looked at.
with seen as (
    select
        endpoint,
        max(_loaded_at) as loaded_at
    from {{ source('raw', 'service_logs') }}
    where
        endpoint is not null
        and {{ is_new('_loaded_at') }}
    group by endpoint
),

final as (
    select
        endpoint,
        {{ masked_path('endpoint') }} as endpoint_pattern,
        loaded_at
    from seen
)

select * from final
