with observations as (
    select * from {{ source('metrics', 'observations') }}
    where segment_name = 'product'
),

kpis as (
    {%- for kpi in ['revenue', 'units', 'new_customers', 'returning_customers'] %}
    select
        'product_{{ kpi }}' as metric_name,
        '{{ kpi }}' as kpi
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        kpis.kpi,
        observations.segment_value as product,
        observations.grain,
        observations.period_start,
        observations.metric_value as value,
        observations.sample_size,
        observations.is_complete
    from observations
    inner join kpis on observations.metric_name = kpis.metric_name
    where observations.metric_value is not null
)

select * from final
