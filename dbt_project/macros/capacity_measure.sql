{#
    What a metric of a service says of its capacity, by the words of its name and its kind, and how
    directly (1 is best): of several metrics of a service that say the same, the best one is read.
    `instances` that run, `cpu` as a share of what there is, `cpu_cores` in use, `requests`.
#}
{% macro capacity_measure(name, kind) -%}
    case
        when {{ kind }} = 'gauge' and {{ name_is_like(name, var_capacity().cpu) }}
            and not {{ name_is_like(name, var_capacity().no_cpu) }} then 'cpu'
        when {{ kind }} = 'counter' and {{ name_is_like(name, ['%cpu%seconds%']) }}
            and not {{ name_is_like(name, ['node_%', '%throttled%']) }} then 'cpu_cores'
        when {{ kind }} = 'gauge' and not {{ name_is_like(name, var_capacity().no_instances) }}
            and {{ name_is_like(name, var_capacity().instances) }} then 'instances'
        when {{ kind }} in ('counter', 'delta', 'rate') and {{ name_is_like(name, ['%request%']) }}
            and not {{ name_is_like(name, var_capacity().no_requests) }} then 'requests'
    end
{%- endmacro %}


{% macro capacity_rank(name) -%}
    case
        when {{ name_is_like(name, ['%desired%', '%spec_replicas%', '%duration%', '%latency%']) }}
            then 3
        when {{ name_is_like(name, ['%available%', '%ready%', '%inservice%', '%running%']) }} then 1
        else 2
    end
{%- endmacro %}


{% macro name_is_like(name, patterns) -%}
    ({% for pattern in patterns %}{{ name }} like '{{ pattern }}' {{ 'or ' if not loop.last }}{% endfor %})
{%- endmacro %}


{# The words; `%` stands for any characters. #}
{% macro var_capacity() -%}
    {{ return({
        'cpu': ['cpu', '%cpu%util%', '%cpu%perc%', '%cpu%pct%', '%cpu%usage', '%cpu%ratio'],
        'no_cpu': ['%limit%', '%request%', '%throttl%', '%credit%', '%idle%', '%iowait%', '%core%'],
        'instances': [
            'instances', 'instance_count', '%_instances', '%inserviceinstances', 'replicas',
            '%_replicas', '%replicas_ready', '%replicas_available', '%runningtaskcount',
            '%running_tasks', '%pod_count', 'pods', 'up'
        ],
        'no_instances': ['%unavailable%', '%failed%', '%pending%', '%min%', '%max%', '%terminat%'],
        'no_requests': [
            '%duration%sum', '%duration%bucket', '%latency%sum', '%latency%bucket', '%bytes%',
            '%size%', '%flight%', '%error%', '%5xx%', '%4xx%', '%fail%', '%timeout%', '%_created'
        ],
    }) }}
{%- endmacro %}
