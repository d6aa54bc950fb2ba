{#
    A condition: rows that came in after all that the model holds. The first build, and a full
    refresh, take every row. The mark is looked up beforehand, so that the engine can skip what is
    older; it is read as text, for an instant may lose its time zone on its way through dbt. Every
    load has a later `loaded_at` than the ones before it, so a build that broke off is simply
    continued by the next.
#}
{% macro is_new(loaded_at) -%}
    {%- if execute and is_incremental() -%}
        {%- set mark = run_query(
            'select cast(max(loaded_at) as ' ~ dbt.type_string() ~ ') from ' ~ this
        ).columns[0].values()[0] -%}
        {%- if mark is not none -%}
            {{ return(loaded_at ~ " > cast('" ~ mark ~ "' as " ~ type_instant() ~ ")") }}
        {%- endif -%}
    {%- endif -%}
    {{ return('true') }}
{%- endmacro %}


{# A condition: a row's key is among those of `others`. Keys are never NULL. #}
{% macro is_among(others, rows, keys) -%}
    exists (
        select 1
        from {{ others }}
        where {% for key in keys %}{{ others }}.{{ key }} = {{ rows }}.{{ key }}
            {{ 'and ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}
