{#
    Fails with every complete week and month of these metrics that differs from the sum of its days.
    Only for metrics that add up: different customers do not.
#}
{% test periods_add_up(model, metrics) %}
{{ marks_what_rests_on_it() }}
with observed as (
    select *
    from {{ model }}
    where metric_name in ({% for metric in metrics %}'{{ metric }}'{{ ', ' if not loop.last }}{% endfor %})
),

sums as (
    {%- for grain in ['week', 'month'] %}
    select
        '{{ grain }}' as grain,
        metric_name,
        segment_name,
        segment_value,
        {{ period_start('period_start', grain) }} as period_start,
        sum(value) as sum_of_days
    from observed
    where grain = 'day'
    group by metric_name, segment_name, segment_value, {{ period_start('period_start', grain) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    observed.metric_name,
    observed.grain,
    observed.segment_name,
    observed.segment_value,
    observed.period_start,
    observed.value,
    sums.sum_of_days
from observed
inner join sums
    on
        observed.grain = sums.grain
        and observed.metric_name = sums.metric_name
        and observed.segment_name = sums.segment_name
        and observed.segment_value = sums.segment_value
        and observed.period_start = sums.period_start
where
    observed.is_complete
    and abs(observed.value - sums.sum_of_days) > 1e-9 * abs(sums.sum_of_days)
{% endtest %}
