{# The sum of a count over the deliveries that are in force; see `stg_loads`. #}
{% macro sum_of_loaded(count) -%}
    cast(
        coalesce(sum(case when loads.status = 'loaded' then loads.{{ count }} end), 0) as bigint
    )
{%- endmacro %}
