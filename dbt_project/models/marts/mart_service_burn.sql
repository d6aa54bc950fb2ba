-- The rules as they stand at the end of the data. A busy service that has been silent for longer
-- than the short window is neither well nor burning.
with windows as (
    select * from {{ ref('platform_slo_windows') }}
),

usual as (
    select * from {{ ref('platform_slo_usual') }}
),

objectives as (
    select distinct
        service,
        objective,
        least_requests
    from {{ objectives() }}
),

known as (
    select newest_at as data_through
    from {{ ref('stg_watermarks') }}
    where kind = 'service_logs'
),

last_steps as (
    select
        service,
        max(step) as step
    from windows
    group by service
),

latest as (
    select windows.*
    from windows
    inner join last_steps
        on
            windows.service = last_steps.service
            and windows.step = last_steps.step
),

rules as (
    {%- for rule in burn_rules() %}
    select
        objectives.service,
        objectives.objective,
        '{{ rule.rule }}' as rule,
        '{{ rule.severity }}' as severity,
        '{{ rule.long }}' as long_window,
        '{{ rule.short }}' as short_window,
        {{ burn_windows()[rule.long] * 5 }} as minutes_of_window,
        {{ burn_windows()[rule.short] * 5 }} as minutes_of_short_window,
        cast({{ rule.limit }} as double) as burn_limit,
        {{ ratio('latest.errors_' ~ rule.long, 'latest.requests_' ~ rule.long) }}
        / (1 - objectives.objective) as long_burn_rate,
        {{ ratio('latest.errors_' ~ rule.short, 'latest.requests_' ~ rule.short) }}
        / (1 - objectives.objective) as short_burn_rate,
        latest.requests_{{ rule.long }} as requests,
        latest.minutes_seen_{{ rule.long }} as minutes_seen,
        latest.minutes_seen_{{ rule.long }} < usual.least_minutes_{{ rule.long }}
            as is_data_missing,
        {{ burns('latest', 'objectives', rule) }} as is_burning,
        {{ least_requests_of(
            rule.limit, 'objectives.objective', 'objectives.least_requests'
        ) }} as least_requests,
        latest.step_ends_at as as_of
    from objectives
    left join latest on objectives.service = latest.service
    left join usual on objectives.service = usual.service
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        rules.*,
        case
            when rules.as_of is null then 'no requests'
            when rules.requests < rules.least_requests then 'too few requests'
            when
                {{ dbt.datediff('rules.as_of', 'known.data_through', 'minute') }}
                >= rules.minutes_of_short_window
                then 'silent'
            when rules.is_burning then 'firing'
            else 'quiet'
        end as state,
        known.data_through
    from rules
    left join known on true
)

select * from final
