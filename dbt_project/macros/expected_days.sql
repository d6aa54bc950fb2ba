{#
    To select from: one row per key and day, from the first to the last day with one of `records`;
    whether it has one, and on what share of its weekdays there is one.
#}
{% macro expected_days(records, keys) -%}
    (
        select
            {%- for key in keys %}
            days.{{ key }},
            {%- endfor %}
            days.day,
            held.day is not null as has_record,
            avg(case when held.day is null then 0.0 else 1.0 end) over (
                partition by
                    {%- for key in keys %}
                    days.{{ key }},
                    {%- endfor %}
                    mod({{ days_apart("cast('1900-01-01' as date)", 'days.day') }}, 7)
            ) as share_of_weekday
        from (
            select
                {{ keys | join(', ') }},
                {{ day_rows('first_day', 'last_day') }} as day
            from (
                select
                    {{ keys | join(', ') }},
                    min(day) as first_day,
                    max(day) as last_day
                from {{ records }}
                group by {{ keys | join(', ') }}
            ) as spans
        ) as days
        left join {{ records }} as held
            on
                days.day = held.day
                {%- for key in keys %}
                and days.{{ key }} = held.{{ key }}
                {%- endfor %}
    ) as expected_days
{%- endmacro %}
