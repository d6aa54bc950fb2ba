{# In a select list: one row for each start of an hour from the first to the last, both included. #}
{% macro hour_rows(first_hour, last_hour) -%}
    {{ return(adapter.dispatch('hour_rows')(first_hour, last_hour)) }}
{%- endmacro %}

{% macro default__hour_rows(first_hour, last_hour) -%}
    explode(sequence({{ first_hour }}, {{ last_hour }}, interval 1 hour))
{%- endmacro %}

{% macro duckdb__hour_rows(first_hour, last_hour) -%}
    unnest(generate_series({{ first_hour }}, {{ last_hour }}, interval 1 hour))
{%- endmacro %}
