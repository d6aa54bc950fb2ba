with catalogue as (
    select * from {{ source('metrics', 'catalogue') }}
    where layer = 'company'
),

sources as (
    select * from {{ ref('mart_data_health_sources') }}
),

gaps as (
    select
        source,
        cast(count(*) as bigint) as missing_days
    from {{ ref('mart_data_health_gaps') }}
    group by source
),

needed as (
    select
        metric_name,
        label,
        owner,
        {{ json_list_rows('source_kinds') }} as kind
    from catalogue
),

final as (
    select
        needed.metric_name,
        needed.label,
        needed.owner,
        needed.kind,
        coalesce(sources.source, 'none') as source,
        sources.records,
        sources.loaded,
        sources.quarantined,
        sources.data_through,
        case when sources.source is not null then coalesce(gaps.missing_days, 0) end as missing_days
    from needed
    left join sources on needed.kind = sources.kind
    left join gaps on sources.source = gaps.source
)

select * from final
