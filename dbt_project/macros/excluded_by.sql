{#
    The name of the first rule of hub.yml that says an order line is no sale; NULL where none does.
    Case does not matter, and `*` in a pattern stands for any characters.
#}
{% macro excluded_by(rules) -%}
    {%- if rules %}
    case
        {%- for rule in rules %}
        when _source = {{ literal(rule.source) }} and (
            {%- for pattern in rule.matches %}
            {{ column_is_like(rule.column, pattern) }} {{ 'or' if not loop.last }}
            {%- endfor %}
        ) then {{ literal(rule.name) }}
        {%- endfor %}
    end
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}


{% macro column_is_like(column, pattern) -%}
    {%- set text = pattern | trim | lower -%}
    {%- if column in ('quantity', 'unit_price', 'amount') -%}
    {{ column }} = cast('{{ text }}' as {{ dbt.type_numeric() }})
    {%- elif '*' in text -%}
    lower({{ column }}) like {{ literal(
        text | replace('!', '!!') | replace('%', '!%') | replace('_', '!_') | replace('*', '%')
    ) }} escape '!'
    {%- else -%}
    lower({{ column }}) = {{ literal(text) }}
    {%- endif -%}
{%- endmacro %}
