{#
    To select from: a list of mappings from hub.yml (passed as a variable) as rows. `columns` maps each column to
    its type. An empty list gives no row.
#}
{% macro configured_rows(variable, columns) -%}
    (
    {%- for entry in var(variable) or [] %}
    select
        {%- for column, type in columns.items() %}
        cast({{ literal(entry.get(column)) }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    union all
    {%- endfor %}
    select
        {%- for column, type in columns.items() %}
        cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where 1 = 0
    ) as configured
{%- endmacro %}


{% macro literal(value) -%}
    {%- if value is none -%} null
    {%- elif value is number -%} {{ value }}
    {%- else -%} {{ text_literal(value | string) }}
    {%- endif -%}
{%- endmacro %}
