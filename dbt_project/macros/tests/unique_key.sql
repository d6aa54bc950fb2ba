{#
    Fails with every key that several rows share, and with every key of which a part is unknown:
    `may_be_null` names the columns in which NULL is a value like any other.
#}
{% test unique_key(model, columns, may_be_null=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_with_key
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns if column not in may_be_null %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
