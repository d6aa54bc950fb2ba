{#
    To select from: the releases that were the last ones of their model on their day, with the day
    of the one after as next_released_on. What was live at the end of a day counts for the day.
#}
{% macro live_releases(releases) -%}
    (
        select
            *,
            lead(released_on) over (partition by model order by released_on) as next_released_on
        from (
            select
                *,
                row_number() over (
                    partition by model, released_on
                    order by released_at desc, version desc
                ) as recency
            from {{ releases }}
        ) as ranked
        where recency = 1
    ) as live_releases
{%- endmacro %}
