{# An aggregate: the numbers as one list, in no order, without those that are NULL. #}
{% macro values_as_list(number) -%}
    {{ return(adapter.dispatch('values_as_list')(number)) }}
{%- endmacro %}

{% macro default__values_as_list(number) -%}
    collect_list({{ number }})
{%- endmacro %}

{% macro duckdb__values_as_list(number) -%}
    array_agg({{ number }}) filter (where {{ number }} is not null)
{%- endmacro %}


{# An aggregate: lists of numbers made one. #}
{% macro joined_lists(list) -%}
    {{ return(adapter.dispatch('joined_lists')(list)) }}
{%- endmacro %}

{% macro default__joined_lists(list) -%}
    flatten(collect_list({{ list }}))
{%- endmacro %}

{% macro duckdb__joined_lists(list) -%}
    flatten(array_agg({{ list }}))
{%- endmacro %}


{#
    Exact percentiles of the numbers of a list, interpolated between neighbours, as a list;
    `fractions` from 0 to 1. Without a number each is NULL.
#}
{% macro percentiles_of_list(list, fractions) -%}
    {{ return(adapter.dispatch('percentiles_of_list')(list, fractions)) }}
{%- endmacro %}

{% macro default__percentiles_of_list(list, fractions) -%}
    {%- set place = '((size(' ~ list ~ ') - 1) * fraction)' -%}
    {%- set below = 'get(array_sort(' ~ list ~ '), cast(floor(' ~ place ~ ') as int))' -%}
    {%- set above = 'get(array_sort(' ~ list ~ '), cast(ceil(' ~ place ~ ') as int))' -%}
    transform(
        array({{ fractions | join(', ') }}),
        fraction -> {{ below }} + ({{ above }} - {{ below }}) * ({{ place }} - floor({{ place }}))
    )
{%- endmacro %}

{% macro duckdb__percentiles_of_list(list, fractions) -%}
    list_aggregate({{ list }}, 'quantile_cont', [{{ fractions | join(', ') }}])
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
