-- Single products and cohorts have marts of their own. A target holds from the day it was set for
-- until the next one; one without a day says nothing of older periods.
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

marked as ( -- noqa: ST03
    select
        *,
        max(case when is_complete and metric_value is not null then period_start end)
            over (partition by metric_name, segment_name, segment_value, grain) as newest
    from observations
),

compared as (
    select * from {{ compared_periods('marked') }}
),

sums as (
    select
        metric_name,
        sum(case when grain = 'day' then metric_value end) as of_days,
        sum(case when grain = 'month' then metric_value end) as of_months
    from observations
    where segment_name = '__all__'
    group by metric_name
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
        targets.value as target,
        coalesce(abs(sums.of_days - sums.of_months) <= 0.001 * abs(sums.of_months), false)
            as adds_up
    from compared
    inner join catalogue on compared.metric_name = catalogue.metric_name
    left join sums on compared.metric_name = sums.metric_name
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
