{#
    To select from: the rows of `observations` with the value of the period before and of the same
    period a year ago, as `previous_` and `year_ago_` with `period_start` and `value`. A comparison
    needs two complete periods. A year before a day or week lie 364 days: the same weekday, and a
    whole week.
#}
{% macro compared_periods(observations) -%}
    (select
        dated.*,
        {%- for name in ['previous', 'year_ago'] %}
        {{ name }}.period_start as {{ name }}_period_start,
        {{ name }}.metric_value as {{ name }}_value{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            case grain
                when 'day' then {{ add_days('period_start', -1) }}
                when 'week' then {{ add_days('period_start', -7) }}
                when 'month' then cast({{ dbt.dateadd('month', -1, 'period_start') }} as date)
            end as period_before,
            case
                when grain = 'month'
                    then cast({{ dbt.dateadd('month', -12, 'period_start') }} as date)
                else {{ add_days('period_start', -364) }}
            end as period_year_ago
        from {{ observations }}
    ) as dated
    {%- for name, start in [('previous', 'period_before'), ('year_ago', 'period_year_ago')] %}
    left join {{ observations }} as {{ name }}
        on
            dated.{{ start }} = {{ name }}.period_start
            {%- for key in ['metric_name', 'entity', 'segment_name', 'segment_value', 'grain'] %}
            and dated.{{ key }} = {{ name }}.{{ key }}
            {%- endfor %}
            {%- for side in ['dated', name] %}
            and {{ side }}.is_complete
            and {{ side }}.metric_value is not null
            {%- endfor %}
    {%- endfor %}) as compared_with_before
{%- endmacro %}


{# The columns of a stored period and of what it is compared with, and what its metric is. #}
{% macro columns_of_period(compared, catalogue) -%}
    {{ compared }}.metric_name,
    {%- for column in ['label', 'description', 'unit', 'direction', 'format'] %}
    {{ catalogue }}.{{ column }},
    {%- endfor %}
    {%- for column in ['entity', 'segment_name', 'segment_value', 'grain', 'period_start'] %}
    {{ compared }}.{{ column }},
    {%- endfor %}
    {{ compared }}.metric_value as value,
    {%- for column in ['numerator', 'denominator', 'is_complete'] %}
    {{ compared }}.{{ column }},
    {%- endfor %}
    {{ compared }}.previous_period_start,
    {{ compared }}.previous_value,
    {{ compared }}.year_ago_period_start,
    {{ compared }}.year_ago_value
{%- endmacro %}


{#
    To select from: the stored periods of the metrics of which the catalogue says `condition`, each
    with its metric's words and what it is compared with.
#}
{% macro periods_of_metrics(condition) -%}
    (
        with catalogue as (
            select * from {{ source('metrics', 'catalogue') }}
            where {{ condition }}
        ),

        observations as (
            select observations.*
            from {{ source('metrics', 'observations') }} as observations
            inner join catalogue on observations.metric_name = catalogue.metric_name
        ),

        compared as (
            select * from {{ compared_periods('observations') }}
        )

        select {{ columns_of_period('compared', 'catalogue') }}
        from compared
        inner join catalogue on compared.metric_name = catalogue.metric_name
    ) as periods_of_metrics
{%- endmacro %}
