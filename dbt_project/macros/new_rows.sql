{#
    A condition: rows that came in after all that the model holds. The first build, and a full
    refresh, take every row. The mark is looked up beforehand, so that the engine can skip what is
    older. Every load has a later `loaded_at` than the ones before it, so a build that broke off
    is simply continued by the next.
#}
{% macro is_new(loaded_at) -%}
    {%- if execute and is_incremental() -%}
        {%- set mark = run_query('select max(loaded_at) from ' ~ this).columns[0].values()[0] -%}
        {%- if mark is not none -%}
            {{ return(loaded_at ~ " > cast('" ~ mark ~ "' as " ~ type_instant() ~ ")") }}
        {%- endif -%}
    {%- endif -%}
    {{ return('true') }}
{%- endmacro %}


{#
    A condition: an instant is not before the `unit` of the first one among the new rows. It is
    looked up beforehand too: what new rows fall into is mostly recent, and older rows are skipped.
#}
{% macro is_not_before_new(instant, rows, unit) -%}
    {%- if execute and is_incremental() -%}
        {%- set query = 'select min(' ~ instant ~ ') from ' ~ rows ~ ' where ' ~ is_new('loaded_at') -%}
        {%- set first = run_query(query).columns[0].values()[0] -%}
        {%- if first is none -%}
            {{ return('false') }}
        {%- endif -%}
        {%- set moment = "cast('" ~ first ~ "' as " ~ type_instant() ~ ")" -%}
        {{ return(instant ~ ' >= ' ~ start_of(unit, moment)) }}
    {%- endif -%}
    {{ return('true') }}
{%- endmacro %}


{#
    A condition: while a model grows, the row has a key of `touched`, which holds the keys that
    new rows fall into; otherwise every row is taken. Keys are never NULL.
#}
{% macro is_touched(rows, keys) -%}
    {%- if execute and is_incremental() -%}
        exists (
            select 1
            from touched
            where {% for key in keys %}touched.{{ key }} = {{ rows }}.{{ key }}
                {{ 'and ' if not loop.last }}{% endfor -%}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
