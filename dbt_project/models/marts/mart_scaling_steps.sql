with spans as (
    select * from {{ ref('platform_instance_spans') }}
),

final as (
    select
        service,
        since as changed_at,
        since_day as day,
        instances_before,
        instances as instances_after,
        is_after_gap
    from spans
    where is_step
)

select * from final
