{# To select from: one row per objective of hub.yml with its settings. #}
{% macro objectives() -%}
    {{ configured_rows('slos', {
        'service': 'string', 'objective': 'double', 'window_days': 'integer',
        'apdex_ms': 'double', 'least_requests': 'integer'
    }) }}
{%- endmacro %}


{#
    When a burning error budget asks for somebody: both windows must burn faster than the limit.
    Beyer, Murphy, Rensin, Kawahara and Thorne (ed.), The Site Reliability Workbook, O'Reilly 2018,
    chapter 5, table 5-8. Windows are named as in `platform_slo_windows`.
#}
{% macro burn_rules() -%}
    {{ return([
        {'rule': 'page_1h', 'severity': 'page', 'limit': 14.4, 'long': '1h', 'short': '5m'},
        {'rule': 'page_6h', 'severity': 'page', 'limit': 6, 'long': '6h', 'short': '30m'},
        {'rule': 'ticket_3d', 'severity': 'ticket', 'limit': 1, 'long': '3d', 'short': '6h'}
    ]) }}
{%- endmacro %}


{# The windows of these rules and how many steps of five minutes each has. #}
{% macro burn_windows() -%}
    {{ return({'5m': 1, '30m': 6, '1h': 12, '6h': 72, '3d': 864}) }}
{%- endmacro %}


{#
    How many requests a rule's long window needs: what hub.yml says, and so many that one failed
    request alone stays within the limit.
#}
{% macro least_requests_of(limit, objective, least_requests) -%}
    greatest(coalesce({{ least_requests }}, 100), 1 / ({{ limit }} * (1 - {{ objective }})))
{%- endmacro %}


{# A condition: both windows of a rule burn an objective's budget faster than the limit. #}
{% macro burns(windows, objectives, rule) -%}
    {%- for name in [rule.long, rule.short] %}
    {{ windows }}.errors_{{ name }}
    > {{ rule.limit }} * (1 - {{ objectives }}.objective) * {{ windows }}.requests_{{ name }}
    {{ 'and' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
