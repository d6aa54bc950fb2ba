with series as (
    select * from {{ ref('platform_offline_values') }}
),

final as (
    select
        metric_name,
        entity,
        segment_name,
        segment_value,
        grain,
        period_start,
        metric_value,
        numerator,
        denominator,
        sample_size
    from series
    where {{ reads_as_loss('metric_name') }}
)

select * from final
