{#
    What dbt-spark makes of dates and instants differs from the other engines: `dateadd` cuts
    instants to whole seconds, and `datediff` rounds minutes and hours away from zero, where others
    count how often a new one began. These take the place of its macros.
#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, cast({{ interval }} as int), {{ from_date_or_timestamp }})
{%- endmacro %}

{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- set seconds_of = {'second': 1, 'minute': 60, 'hour': 3600} -%}
    {%- if datepart == 'day' -%}
        datediff({{ second_date }}, {{ first_date }})
    {%- elif datepart == 'month' -%}
        ((year({{ second_date }}) - year({{ first_date }})) * 12
        + month({{ second_date }}) - month({{ first_date }}))
    {%- elif datepart == 'millisecond' -%}
        (unix_millis(cast({{ second_date }} as timestamp))
        - unix_millis(cast({{ first_date }} as timestamp)))
    {%- elif datepart in seconds_of -%}
        (floor(unix_seconds(cast({{ second_date }} as timestamp)) / {{ seconds_of[datepart] }})
        - floor(unix_seconds(cast({{ first_date }} as timestamp)) / {{ seconds_of[datepart] }}))
    {%- else -%}
        {{ exceptions.raise_compiler_error('datediff by ' ~ datepart ~ ' is not written for Spark') }}
    {%- endif -%}
{%- endmacro %}
