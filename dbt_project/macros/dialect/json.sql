{# The text under a key of a JSON object; NULL without the key. #}
{% macro json_text(json, key) -%}
    {{ return(adapter.dispatch('json_text')(json, key)) }}
{%- endmacro %}

{% macro default__json_text(json, key) -%}
    get_json_object({{ json }}, '$.{{ key }}')
{%- endmacro %}

{% macro duckdb__json_text(json, key) -%}
    json_extract_string({{ json }}, '$."{{ key }}"')
{%- endmacro %}


{# In a select list: one row for each text of a JSON list. #}
{% macro json_list_rows(json) -%}
    {{ return(adapter.dispatch('json_list_rows')(json)) }}
{%- endmacro %}

{% macro default__json_list_rows(json) -%}
    explode(from_json({{ json }}, 'array<string>'))
{%- endmacro %}

{% macro duckdb__json_list_rows(json) -%}
    unnest(from_json({{ json }}, '["varchar"]'))
{%- endmacro %}
