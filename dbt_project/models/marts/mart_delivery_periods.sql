with periods as (
    select * from {{ periods_of_metrics("layer = 'team'") }}
),

final as (
    select * from periods
)

select * from final -- noqa: AM04
