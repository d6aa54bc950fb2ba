-- Offline values of models change with a release and are no figures of a period.
with periods as (
    select * from {{ periods_of_metrics("layer = 'platform' and role <> 'model_metric'") }}
),

final as (
    select * from periods
)

select * from final -- noqa: AM04
