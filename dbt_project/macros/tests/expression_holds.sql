{# Fails with the rows for which a condition is false; rows where it is unknown pass. #}
{% test expression_holds(model, expression) %}
{{ marks_what_rests_on_it() }}
select *
from {{ model }}
where not ({{ expression }})
{% endtest %}
