{# To select from: the rows of a raw table but those of loads that a later one replaced. #}
{% macro delivered_rows(table) -%}
    (
        select rows_of_table.*
        from {{ source('raw', table) }} as rows_of_table
        where exists (
            select 1
            from {{ source('raw', 'loads') }} as loads
            where loads.load_id = rows_of_table._load_id and loads.status = 'loaded'
        )
    ) as delivered
{%- endmacro %}
