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
        kpi_log_change - 1.96 * kpi_log_change_se as kpi_log_change_low,
        kpi_log_change + 1.96 * kpi_log_change_se as kpi_log_change_high,
        is_usable
    from link_releases
)

select * from final
