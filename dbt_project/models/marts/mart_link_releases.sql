with link_releases as (
    select * from {{ source('insights', 'link_releases') }}
),

final as (
    select
        link_id,
        released_on,
        version,
        metric_before,
        metric_after,
        log_change,
        kpi_log_change,
        kpi_log_change_se,
        is_usable
    from link_releases
)

select * from final
