{# Every match of a pattern replaced. Patterns are written without backslashes: dialects differ. #}
{% macro replace_pattern(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_pattern')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_pattern(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern | replace("''", "\\'") }}', '{{ replacement }}')
{%- endmacro %}

{% macro duckdb__replace_pattern(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}


{# A text in which mail and network addresses are named for what they are. #}
{% macro masked_addresses(text) -%}
    {%- set mail = replace_pattern(text, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+', '<mail>') -%}
    {{ replace_pattern(
        mail, '[0-9]{1,3}([.][0-9]{1,3}){3}(:[0-9]+)?|([0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}'
        ~ '|[23Ff][0-9A-Fa-f]{3}(:[0-9A-Fa-f]{0,4}){2,7}', '<address>') }}
{%- endmacro %}


{#
    A log message without what changes from line to line: mail and network addresses, quoted
    values (other than plain lower-case identifiers) and every word that holds a digit. Messages
    that differ only in these fall into one pattern, and no personal value passes.
#}
{% macro masked_message(message) -%}
    {%- set quoted = replace_pattern(
        masked_addresses(message), '"[^"]*[^a-z0-9_."][^"]*"|\'\'[^\'\']*[^a-z0-9_.\'\'][^\'\']*\'\'', '<text>') -%}
    {{ replace_pattern(quoted, '[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*', '#') }}
{%- endmacro %}


{# A request path without its query string and without the segments that hold an id. #}
{% macro masked_path(path) -%}
    {%- set bare = replace_pattern(path, '[?].*$', '') -%}
    {%- set ids = replace_pattern(
        bare, '/([^/]*[0-9]{3,}[^/]*|[^/]*@[^/]*|[0-9a-fA-F-]{16,}|[0-9]+)', '/#') -%}
    {{ ids }}
{%- endmacro %}


{# The name under which the catalogue lists a metric of a run: `NDCG@10` is `ndcg_at_10`. #}
{% macro metric_name_of(key) -%}
    {%- set spoken = replace_pattern('lower(' ~ key ~ ')', '@', '_at_') -%}
    {%- set words = replace_pattern(spoken, '[^a-z0-9]+', '_') -%}
    {{ replace_pattern(words, '^_|_$', '') }}
{%- endmacro %}


{# How versions are compared: `Recommender v1.7.0` and `recommender/1.7.0` are the same. #}
{% macro release_name_of(text) -%}
    {%- set plain = replace_pattern('lower(' ~ text ~ ')', '[^a-z0-9.]+', ' ') -%}
    trim(replace(' ' || {{ plain }}, ' v', ' '))
{%- endmacro %}
