{#
    Facts of log lines that are no longer kept (`retention.raw_log_days`) wait in the schema
    `retained`, under the name of their model. A model of facts ends with them when it is made
    anew; when it grows it holds them already.
#}
{% macro and_retained() -%}
    {%- set kept = retained_facts() -%}
    {%- if kept is not none and not is_incremental() %}
{{ adapter.dispatch('union_by_name')() }}
select * from {{ kept }}
    {%- endif -%}
{%- endmacro %}

{% macro default__union_by_name() -%}
    union all
{%- endmacro %}

{% macro duckdb__union_by_name() -%}
    union all by name
{%- endmacro %}


{# The relation with the retained facts of this model, or none. #}
{% macro retained_facts() -%}
    {%- if execute -%}
        {{ return(adapter.get_relation(this.database, 'retained', this.identifier)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
