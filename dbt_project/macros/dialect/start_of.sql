{# The start of the minute, quarter_hour or hour (UTC) that an instant falls into. #}
{% macro start_of(unit, instant) -%}
    {{ return(adapter.dispatch('start_of')(unit, instant)) }}
{%- endmacro %}

{% macro default__start_of(unit, instant) -%}
    {%- if unit == 'quarter_hour' -%}
        timestamp_seconds(floor(unix_timestamp({{ instant }}) / 900) * 900)
    {%- else -%}
        {{ dbt.date_trunc(unit, instant) }}
    {%- endif -%}
{%- endmacro %}

{# Whole microseconds: a third of the time that date_trunc takes for instants. #}
{% macro duckdb__start_of(unit, instant) -%}
    {%- set step = {'minute': 60000000, 'quarter_hour': 900000000, 'hour': 3600000000}[unit] -%}
    make_timestamptz(epoch_us({{ instant }}) // {{ step }} * {{ step }})
{%- endmacro %}
