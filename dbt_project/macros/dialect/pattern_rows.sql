{# In a select list: one row for each match of a pattern in a text. Patterns have no backslashes. #}
{% macro pattern_rows(text, pattern) -%}
    {{ return(adapter.dispatch('pattern_rows')(text, pattern)) }}
{%- endmacro %}

{% macro default__pattern_rows(text, pattern) -%}
    explode(regexp_extract_all({{ text }}, '{{ pattern }}', 0))
{%- endmacro %}

{% macro duckdb__pattern_rows(text, pattern) -%}
    unnest(regexp_extract_all({{ text }}, '{{ pattern }}'))
{%- endmacro %}
