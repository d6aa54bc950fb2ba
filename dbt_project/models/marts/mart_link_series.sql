with link_series as (
    select * from {{ source('insights', 'link_series') }}
),

final as (
    select
        link_id,
        day,
        metric_value,
        kpi_value,
        kpi_whitened,
        is_release
    from link_series
)

select * from final
