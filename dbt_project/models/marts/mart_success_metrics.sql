-- A comparison needs two complete periods. A year before a day or week lies 364 days: the same
-- weekday, and a whole week. Single products and cohorts have marts of their own. A target holds
-- from the day it was set for until the next one; one without a day says nothing of older periods.
with observations as (
    select * from {{ source('metrics', 'observations') }}
    where entity = 'company' and segment_name not in ('product', 'months_since')
),

catalogue as (
    select * from {{ source('metrics', 'catalogue') }}
    where role in ('kpi', 'guardrail')
),

targets as (
    select
        *,
        lead(since) over (partition by metric, grain order by since) as until
    from {{ configured_rows(
        'targets', {'metric': 'string', 'grain': 'string', 'value': 'double', 'since': 'date'}
    ) }}
),

dated as (
    select
        *,
        max(case when is_complete and metric_value is not null then period_start end)
            over (partition by metric_name, segment_name, segment_value, grain) as newest,
        case grain
            when 'day' then {{ add_days('period_start', -1) }}
            when 'week' then {{ add_days('period_start', -7) }}
            when 'month' then cast({{ dbt.dateadd('month', -1, 'period_start') }} as date)
        end as period_before,
        case
            when grain = 'month' then cast({{ dbt.dateadd('month', -12, 'period_start') }} as date)
            else {{ add_days('period_start', -364) }}
        end as period_year_ago
    from observations
),

complete as (
    select * from dated
    where is_complete and metric_value is not null
),

compared as (
    select
        dated.*,
        previous.period_start as previous_period_start,
        previous.metric_value as previous_value,
        year_ago.period_start as year_ago_period_start,
        year_ago.metric_value as year_ago_value
    from dated
    left join complete as previous
        on
            dated.metric_name = previous.metric_name and dated.grain = previous.grain
            and dated.segment_name = previous.segment_name
            and dated.segment_value = previous.segment_value
            and dated.period_before = previous.period_start
            and dated.is_complete
            and dated.metric_value is not null
    left join complete as year_ago
        on
            dated.metric_name = year_ago.metric_name and dated.grain = year_ago.grain
            and dated.segment_name = year_ago.segment_name
            and dated.segment_value = year_ago.segment_value
            and dated.period_year_ago = year_ago.period_start
            and dated.is_complete
            and dated.metric_value is not null
),

final as (
    select
        compared.metric_name,
        catalogue.label,
        catalogue.description,
        catalogue.unit,
        catalogue.direction,
        catalogue.owner,
        catalogue.role,
        catalogue.format,
        compared.segment_name,
        compared.segment_value,
        compared.grain,
        compared.period_start,
        compared.metric_value as value,
        compared.numerator,
        compared.denominator,
        compared.is_complete,
        compared.previous_period_start,
        compared.previous_value,
        {{ relative_change('compared.metric_value', 'compared.previous_value') }}
            as change_previous,
        compared.year_ago_period_start,
        compared.year_ago_value,
        {{ relative_change('compared.metric_value', 'compared.year_ago_value') }}
            as change_year_ago,
        targets.value as target
    from compared
    inner join catalogue on compared.metric_name = catalogue.metric_name
    left join targets
        on
            compared.metric_name = targets.metric
            and compared.grain = targets.grain
            and compared.segment_name = '__all__'
            and compared.period_start
            >= coalesce(targets.since, compared.newest, compared.period_start)
            and (targets.until is null or compared.period_start < targets.until)
)

select * from final
