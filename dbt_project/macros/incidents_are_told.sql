{# Whether hub.yml names a source of incidents: without one nobody knows whether a release failed. #}
{% macro incidents_are_told() -%}
    {%- set kinds = var('sources') | map(attribute='kind') | list -%}
    {{ 'true' if 'incidents' in kinds else 'false' }}
{%- endmacro %}
