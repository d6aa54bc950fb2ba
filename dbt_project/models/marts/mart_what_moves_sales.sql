-- The verdict, effect and interval are those of the link's card: of the best evidence that can
-- answer. What every grade says by itself is in mart_link_evidence.
with links as (
    select * from {{ source('insights', 'links') }}
),

notes as (
    select * from {{ source('insights', 'link_notes') }}
),

catalogue as (
    select * from {{ source('metrics', 'catalogue') }}
),

final as (
    select
        links.*,
        catalogue.unit as metric_unit,
        catalogue.direction as metric_direction,
        kpis.direction as kpi_direction,
        notes.fading_note,
        notes.link_id is not null as is_drawn
    from links
    left join catalogue on links.metric_name = catalogue.metric_name
    left join catalogue as kpis on links.kpi = kpis.metric_name
    left join notes on links.link_id = notes.link_id
)

select * from final -- noqa: AM04
