{#
    Fails when a total of this model differs from a total of another: what went in must come out.
    With `frozen` (a model of facts) both sides leave out the hours up to the last whose lines are
    no longer kept: what comes late for those can be added to some facts and not to others.
#}
{% test sums_agree(
    model, expression, other, other_expression, where='true', other_where='true',
    frozen=none, at=none, other_at=none
) %}
{{ marks_what_rests_on_it() }}
{%- set kept = none -%}
{%- if execute and frozen is not none -%}
    {%- set kept = adapter.get_relation(model.database, 'retained', frozen) -%}
{%- endif %}
with here as (
    select coalesce({{ expression }}, 0) as total
    from {{ model }}
    where
        {{ where }}
        {{ and_after_kept(at, kept) }}
),

there as (
    select coalesce({{ other_expression }}, 0) as total
    from {{ other }}
    where
        {{ other_where }}
        {{ and_after_kept(other_at, kept) }}
)

select
    here.total as total_here,
    there.total as total_there
from here
cross join there
where abs(here.total - there.total) > 1e-9 * abs(there.total)
{% endtest %}

{% macro and_after_kept(at, kept) -%}
    {%- if kept is not none -%}
        and {{ start_of('hour', at) }} > (select max(minute_start) from {{ kept }})
    {%- endif -%}
{%- endmacro %}
