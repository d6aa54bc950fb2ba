-- Windows end with a step that has a request and reach back over steps by number, so that a gap
-- takes its place in time without rows of its own. The last step counts once the data reach its
-- end.
with steps as (
    select * from {{ ref('platform_slo_steps') }}
),

known as (
    select newest_at
    from {{ ref('stg_watermarks') }}
    where kind = 'service_logs'
),

windows as (
    select
        service,
        step,
        {{ step_start('(step + 1)', 5) }} as step_ends_at
        {%- for name, length in burn_windows().items() %}
        {%- for measure in ['requests', 'errors', 'minutes_seen'] %},
        {%- if length == 1 %}
        {{ measure }}
        {%- else %}
        cast(
            sum({{ measure }}) over (
                partition by service
                order by step
                range between {{ length - 1 }} preceding and current row
            ) as bigint
        )
        {%- endif %} as {{ measure }}_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from steps
),

final as (
    select windows.*
    from windows
    inner join known on windows.step_ends_at <= known.newest_at
)

select * from final
