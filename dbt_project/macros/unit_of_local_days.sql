{#
    The longest unit (UTC) that no local midnight cuts: what falls into one such unit falls into one
    local day, so that the day need not be worked out line by line. It is the hour, but for zones
    that ever stood apart from UTC by parts of an hour since 1990; then it is the quarter of one.
#}
{% macro unit_of_local_days() -%}
    {%- set name = var('time_zone') -%}
    {%- if name not in modules.pytz.all_timezones_set -%}
        {{ return('quarter_hour') }}
    {%- endif -%}
    {%- set zone = modules.pytz.timezone(name) -%}
    {%- for year in range(1990, 2041) -%}
        {%- for month in [1, 7] -%}
            {%- set noon = modules.datetime.datetime(year, month, 1, 12) -%}
            {%- if zone.utcoffset(noon).seconds % 3600 != 0 -%}
                {{ return('quarter_hour') }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return('hour') }}
{%- endmacro %}
