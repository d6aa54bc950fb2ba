{#
    Fails when facts that grow with log lines count others than the lines that are kept hold. Of
    lines that were dropped (`retention.raw_log_days`) the facts in the schema `retained` are left.
    `lines` is a staging model of lines, `condition` says which of them the facts count.
#}
{% test kept_lines_agree(model, count, lines, condition='true') %}
{{ marks_what_rests_on_it() }}
{%- set retained = none -%}
{%- if execute -%}
    {%- set retained = adapter.get_relation(model.database, 'retained', model.identifier) -%}
{%- endif %}
with facts as (
    select coalesce(sum({{ count }}), 0) as total from {{ model }}
),

retained as (
    {%- if retained is none %}
    select 0 as total
    {%- else %}
    select coalesce(sum({{ count }}), 0) as total from {{ retained }}
    {%- endif %}
),

kept as (
    select count(*) as total
    from {{ lines }}
    where {{ condition }}
)

select
    facts.total - retained.total as total_here,
    kept.total as total_there
from facts
cross join retained
cross join kept
where facts.total - retained.total <> kept.total
{% endtest %}
