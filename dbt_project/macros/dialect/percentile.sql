{# Exact percentiles, interpolated between neighbours, as one list; `fractions` from 0 to 1. #}
{% macro percentile_list(number, fractions) -%}
    {{ return(adapter.dispatch('percentile_list')(number, fractions)) }}
{%- endmacro %}

{% macro default__percentile_list(number, fractions) -%}
    percentile({{ number }}, array({{ fractions | join(', ') }}))
{%- endmacro %}

{% macro duckdb__percentile_list(number, fractions) -%}
    quantile_cont({{ number }}, [{{ fractions | join(', ') }}])
{%- endmacro %}


{# The item of a list at a position counted from 1. #}
{% macro item_at(list, position) -%}
    {{ return(adapter.dispatch('item_at')(list, position)) }}
{%- endmacro %}

{% macro default__item_at(list, position) -%}
    {{ list }}[{{ position - 1 }}]
{%- endmacro %}

{% macro duckdb__item_at(list, position) -%}
    {{ list }}[{{ position }}]
{%- endmacro %}


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
