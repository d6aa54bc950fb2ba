{# Fails with the rows for which a condition is false; rows where it is unknown pass. #}
{% test expression_holds(model, expression) %}
select *
from {{ model }}
where not ({{ expression }})
{% endtest %}
