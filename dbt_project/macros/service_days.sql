{#
    To select from: every day of each service from the first to the last on which `facts` know
    requests of it, with a gap between them, too.
#}
{% macro service_days(facts) -%}
    (
        select
            service,
            {{ day_rows('first_day', 'last_day') }} as day
        from (
            select
                service,
                min(requested_on) as first_day,
                max(requested_on) as last_day
            from {{ facts }}
            group by service
        ) as spans
    ) as days_of_services
{%- endmacro %}
