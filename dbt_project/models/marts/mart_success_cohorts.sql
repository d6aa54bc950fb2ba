with cells as (
    select * from {{ ref('company_cohort_months') }}
),

final as (
    select
        cohort_month,
        months_since,
        active_month,
        cohort_customers,
        active_customers,
        retention
    from cells
)

select * from final
