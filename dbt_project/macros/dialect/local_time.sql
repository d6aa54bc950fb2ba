{# The wall-clock time of an instant in the hub's time zone. #}
{% macro local_time(instant) -%}
    {{ return(adapter.dispatch('local_time')(instant)) }}
{%- endmacro %}

{% macro default__local_time(instant) -%}
    from_utc_timestamp({{ instant }}, '{{ var("time_zone") }}')
{%- endmacro %}

{% macro duckdb__local_time(instant) -%}
    timezone('{{ var("time_zone") }}', {{ instant }})
{%- endmacro %}


{# The day of an instant in the hub's time zone. #}
{% macro local_day(instant) -%}
    cast({{ local_time(instant) }} as date)
{%- endmacro %}


{# The instant at which a day starts in the hub's time zone. #}
{% macro day_starts_at(day) -%}
    {{ return(adapter.dispatch('day_starts_at')(day)) }}
{%- endmacro %}

{% macro default__day_starts_at(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("time_zone") }}')
{%- endmacro %}

{% macro duckdb__day_starts_at(day) -%}
    timezone('{{ var("time_zone") }}', cast({{ day }} as timestamp))
{%- endmacro %}


{# Whether the data reach the end of the period that starts on `first_day`. #}
{% macro is_period_complete(first_day, grain, data_through) -%}
    coalesce({{ data_through }} >= {{ day_starts_at(next_period(first_day, grain)) }}, false)
{%- endmacro %}


{# The type of an instant. #}
{% macro type_instant() -%}
    {{ return(adapter.dispatch('type_instant')()) }}
{%- endmacro %}

{% macro default__type_instant() -%}
    timestamp
{%- endmacro %}

{% macro duckdb__type_instant() -%}
    timestamp with time zone
{%- endmacro %}
