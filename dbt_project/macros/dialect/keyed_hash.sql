{# A personal id as 32 hexadecimal digits that only this warehouse can make; no id, no hash. #}
{% macro keyed_hash(personal_id) -%}
    {{ return(adapter.dispatch('keyed_hash')(personal_id, source('raw', 'hash_key'))) }}
{%- endmacro %}

{% macro default__keyed_hash(personal_id, keys) -%}
    substr(sha2(concat((select max(key) from {{ keys }}), '/', {{ personal_id }}), 256), 1, 32)
{%- endmacro %}

{% macro duckdb__keyed_hash(personal_id, keys) -%}
    substr(sha256((select max(key) from {{ keys }}) || '/' || {{ personal_id }}), 1, 32)
{%- endmacro %}
