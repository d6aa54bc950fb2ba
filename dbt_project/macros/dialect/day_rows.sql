{# In a select list: one row for each day from the first to the last, both included. #}
{% macro day_rows(first_day, last_day) -%}
    {{ return(adapter.dispatch('day_rows')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__day_rows(first_day, last_day) -%}
    explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro %}

{% macro duckdb__day_rows(first_day, last_day) -%}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}
