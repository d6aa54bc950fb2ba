{#
    To select from: periods with their percentiles p50 and p85 in the form of the metrics table, one
    row for each percentile. `periods` has measure, grain, period_start, items and `entity`; `more`
    are columns of it that are kept besides.
#}
{% macro percentile_metrics(periods, entity, more=[]) -%}
    (
        {%- for percent in [50, 85] %}
        select
            measure || '_p{{ percent }}' as metric_name,
            {{ entity }} as entity,
            '__all__' as segment_name,
            '__all__' as segment_value,
            grain,
            period_start,
            cast(p{{ percent }} as double) as metric_value,
            cast(null as double) as numerator,
            cast(null as double) as denominator,
            items as sample_size
            {%- for column in more %},
            {{ column }}
            {%- endfor %}
        from {{ periods }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as percentiles_of_periods
{%- endmacro %}
