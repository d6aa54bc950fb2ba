{#
    A condition: a log line stands for a request that its service answered. It tells a status, a
    method, a path, a duration or what a model was asked for; start-up messages, progress and
    stack traces tell none of these. A span counts when it is the server's own or has no parent:
    an inner span is a step of a request that another span stands for. Without its kind, a parent
    says nothing, for access logs too name the span of the caller.
#}
{% macro is_request(line) -%}
    (
        (
            {{ line }}.status is not null
            or {{ line }}.latency_ms is not null
            or {{ line }}.endpoint is not null
            or {{ line }}.method is not null
            or {{ line }}.is_fallback is not null
            or {{ line }}.k_asked is not null
            or {{ line }}.k_served is not null
            or {{ line }}.k_rendered is not null
            or {{ line }}.k_viewed is not null
        )
        and (
            {{ line }}.span_kind is null
            or {{ line }}.parent_span_id is null
            or {{ line }}.parent_span_id = ''
            or lower({{ line }}.span_kind) in ('server', 'span_kind_server')
        )
    )
{%- endmacro %}
