{#
    Fails when a total of this model differs from a total of another: what went in must come out.
#}
{% test sums_agree(
    model, expression, other, other_expression, where='true', other_where='true'
) %}
{{ marks_what_rests_on_it() }}
with here as (
    select coalesce({{ expression }}, 0) as total
    from {{ model }}
    where {{ where }}
),

there as (
    select coalesce({{ other_expression }}, 0) as total
    from {{ other }}
    where {{ other_where }}
)

select
    here.total as total_here,
    there.total as total_there
from here
cross join there
where abs(here.total - there.total) > 1e-9 * abs(there.total)
{% endtest %}
