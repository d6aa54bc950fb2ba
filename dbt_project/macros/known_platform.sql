{#
    A condition: a model need not guess at a platform. hub.yml may say which platforms the models
    know (`known_platforms`); then these are they. Otherwise the ones that a service was asked from
    within its first week are; whatever comes up later is unknown from its first day on.
#}
{% macro is_known_platform(platform, first_day, first_day_of_service) -%}
    {%- if var('known_platforms') -%}
        coalesce({{ platform }} in (
            {%- for known in var('known_platforms') %}
            {{- literal(known.name) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ), false)
    {%- else -%}
        {{ platform }} is not null
        and {{ first_day }} < {{ add_days(first_day_of_service, 7) }}
    {%- endif -%}
{%- endmacro %}
