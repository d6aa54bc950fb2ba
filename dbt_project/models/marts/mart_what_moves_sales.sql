-- Experiments on the same model and offline metric stand beside each link; those that measured
-- the KPI itself come first.
with links as (
    select * from {{ source('insights', 'links') }}
),

experiment_links as (
    select * from {{ source('insights', 'experiment_links') }}
),

catalogue as (
    select * from {{ source('metrics', 'catalogue') }}
),

evidence as (
    select
        links.link_id,
        experiment_links.metric as experiment_metric,
        experiment_links.effect as experiment_effect,
        experiment_links.effect_low as experiment_effect_low,
        experiment_links.effect_high as experiment_effect_high,
        experiment_links.verdict as experiment_verdict,
        experiment_links.n_experiments,
        row_number() over (
            partition by links.link_id
            order by
                case when experiment_links.metric = links.kpi then 1 else 0 end desc,
                experiment_links.n_experiments desc,
                experiment_links.metric asc
        ) as place
    from links
    inner join experiment_links
        on
            links.entity = experiment_links.model
            and links.metric_name = experiment_links.offline_metric
),

final as (
    select
        links.*,
        catalogue.unit as metric_unit,
        catalogue.direction as metric_direction,
        kpis.direction as kpi_direction,
        evidence.experiment_metric,
        evidence.experiment_effect,
        evidence.experiment_effect_low,
        evidence.experiment_effect_high,
        evidence.experiment_verdict,
        coalesce(evidence.n_experiments, 0) as n_experiments
    from links
    left join catalogue on links.metric_name = catalogue.metric_name
    left join catalogue as kpis on links.kpi = kpis.metric_name
    left join evidence
        on
            links.link_id = evidence.link_id
            and evidence.place = 1
)

select * from final -- noqa: AM04
