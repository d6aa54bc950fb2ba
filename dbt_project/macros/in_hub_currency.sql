{# Money of a currency in the hub's: exact, to a hundredth of a cent; NULL without a rate. #}
{% macro in_hub_currency(money, currency, rate) -%}
    case
        when {{ currency }} = '{{ var("currency") }}' then {{ money }}
        else cast(
            cast({{ money }} as decimal(18, 4)) * cast({{ rate }} as decimal(20, 12))
            as decimal(18, 4)
        )
    end
{%- endmacro %}
