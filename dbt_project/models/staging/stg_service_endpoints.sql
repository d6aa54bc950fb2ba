-- A table, so that each path is masked once and not by every model that reads lines.
with seen as (
    select distinct endpoint
    from {{ source('raw', 'service_logs') }}
    where endpoint is not null
),

final as (
    select
        endpoint,
        {{ masked_path('endpoint') }} as endpoint_pattern
    from seen
)

select * from final
