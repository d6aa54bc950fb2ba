with catalogue as (
    select * from {{ source('metrics', 'catalogue') }}
    where layer = 'team'
),

observations as ( -- noqa: ST03
    select observations.*
    from {{ source('metrics', 'observations') }} as observations
    inner join catalogue on observations.metric_name = catalogue.metric_name
),

compared as (
    select * from {{ compared_periods('observations') }}
),

final as (
    select {{ columns_of_period('compared', 'catalogue') }}
    from compared
    inner join catalogue on compared.metric_name = catalogue.metric_name
)

select * from final
