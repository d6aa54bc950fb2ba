{#
    An invariant that fails does not stop a build: every number that rests on it is marked as
    `invalid data` instead. (A broken key stops it: rows would be counted twice.) The project's own
    tests ask for an error, so that no invariant fails there unseen.
#}
{% macro marks_what_rests_on_it() -%}
    {{ config(
        severity='error' if env_var('BELLWETHER_DBT_UNIT_TESTS', 'false') == 'true' else 'warn',
        tags=['invariant']
    ) }}
{%- endmacro %}
