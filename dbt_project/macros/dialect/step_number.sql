{# The number of the step of so many minutes (UTC) that an instant falls into. #}
{% macro step_number(instant, minutes) -%}
    {{ return(adapter.dispatch('step_number')(instant, minutes)) }}
{%- endmacro %}

{% macro default__step_number(instant, minutes) -%}
    cast(floor(unix_timestamp({{ instant }}) / {{ 60 * minutes }}) as bigint)
{%- endmacro %}

{% macro duckdb__step_number(instant, minutes) -%}
    cast(epoch_us({{ instant }}) // {{ 60000000 * minutes }} as bigint)
{%- endmacro %}


{# The instant at which a step of so many minutes starts. #}
{% macro step_start(number, minutes) -%}
    {{ return(adapter.dispatch('step_start')(number, minutes)) }}
{%- endmacro %}

{% macro default__step_start(number, minutes) -%}
    timestamp_seconds({{ number }} * {{ 60 * minutes }})
{%- endmacro %}

{% macro duckdb__step_start(number, minutes) -%}
    make_timestamptz({{ number }} * {{ 60000000 * minutes }})
{%- endmacro %}
