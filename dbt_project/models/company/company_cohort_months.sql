-- A month in which nobody ordered is a zero; one that is not over keeps its cell empty: who has not
-- ordered yet may still do. A cohort whose own month is not over has no cell at all to tell.
with orders as (
    select * from {{ ref('company_orders') }}
    where customer_key is not null and not is_return
),

sales as (
    select
        data_through,
        newest_at
    from {{ ref('stg_watermarks') }}
    where kind = 'sales'
),

active as (
    select distinct
        customer_key,
        {{ period_start('first_ordered_on', 'month') }} as cohort_month,
        {{ period_start('ordered_on', 'month') }} as active_month
    from orders
),

months as (
    select distinct {{ period_start('spine.date_day', 'month') }} as active_month
    from {{ ref('metrics_time_spine') }} as spine
    cross join sales
    where spine.date_day <= {{ local_day('sales.newest_at') }}
),

sizes as (
    select
        cohort_month,
        cast(count(distinct customer_key) as bigint) as cohort_customers
    from active
    group by cohort_month
),

counted as (
    select
        cohort_month,
        active_month,
        cast(count(*) as bigint) as active_customers
    from active
    group by cohort_month, active_month
),

cells as (
    select
        sizes.cohort_month,
        months.active_month,
        cast({{ dbt.datediff('sizes.cohort_month', 'months.active_month', 'month') }} as integer)
            as months_since,
        sizes.cohort_customers,
        case
            when {{ is_period_complete('months.active_month', 'month', 'sales.data_through') }}
                then coalesce(counted.active_customers, 0)
        end as active_customers
    from sizes
    inner join months on sizes.cohort_month <= months.active_month
    cross join sales
    left join counted
        on
            sizes.cohort_month = counted.cohort_month
            and months.active_month = counted.active_month
),

final as (
    select
        cohort_month,
        active_month,
        months_since,
        cohort_customers,
        active_customers,
        {{ ratio('active_customers', 'cohort_customers') }} as retention
    from cells
)

select * from final
