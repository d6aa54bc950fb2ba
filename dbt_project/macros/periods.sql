{# The first day of the calendar period of a day. Weeks start on Monday. #}
{% macro period_start(day, grain) -%}
    cast({{ dbt.date_trunc(grain, day) }} as date)
{%- endmacro %}


{# The first day after the period that starts on `first_day`. #}
{% macro next_period(first_day, grain) -%}
    cast({{ dbt.dateadd(grain, 1, first_day) }} as date)
{%- endmacro %}


{% macro add_days(day, days) -%}
    cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}


{% macro days_apart(first_day, last_day) -%}
    {{ dbt.datediff(first_day, last_day, 'day') }}
{%- endmacro %}


{# Days (with fraction) from one instant to another. #}
{% macro elapsed_days(first_instant, last_instant) -%}
    cast({{ dbt.datediff(first_instant, last_instant, 'second') }} as double) / 86400.0
{%- endmacro %}


{# The grains that are stored. #}
{% macro grains() -%}
    {{ return(['day', 'week', 'month']) }}
{%- endmacro %}


{# A ratio that has no value where its denominator is unknown or nothing. #}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}


{# How many rows meet a condition. #}
{% macro count_where(condition) -%}
    cast(count(case when {{ condition }} then 1 end) as bigint)
{%- endmacro %}


{# How many rows meet a condition; NULL when it is unknown for all of them. #}
{% macro count_known(condition) -%}
    cast(sum(case when {{ condition }} then 1 when not ({{ condition }}) then 0 end) as bigint)
{%- endmacro %}


{# The change from an earlier value to a later one as a share of the earlier one's size. #}
{% macro relative_change(later, earlier) -%}
    ({{ later }} - {{ earlier }}) / nullif(abs({{ earlier }}), 0)
{%- endmacro %}
