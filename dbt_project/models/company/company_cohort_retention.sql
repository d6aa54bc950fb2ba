with cells as (
    select * from {{ ref('company_cohort_months') }}
),

final as (
    select
        'cohort_retention' as metric_name,
        'company' as entity,
        'months_since' as segment_name,
        cast(months_since as {{ dbt.type_string() }}) as segment_value,
        'month' as grain,
        cohort_month as period_start,
        retention as metric_value,
        cast(active_customers as double) as numerator,
        cast(cohort_customers as double) as denominator,
        cohort_customers as sample_size
    from cells
    where retention is not null
)

select * from final
