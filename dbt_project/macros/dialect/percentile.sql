{# The exact percentile, interpolated between neighbours; `fraction` from 0 to 1. #}
{% macro percentile(number, fraction) -%}
    {{ return(adapter.dispatch('percentile')(number, fraction)) }}
{%- endmacro %}

{% macro default__percentile(number, fraction) -%}
    percentile({{ number }}, {{ fraction }})
{%- endmacro %}

{% macro duckdb__percentile(number, fraction) -%}
    quantile_cont({{ number }}, {{ fraction }})
{%- endmacro %}
