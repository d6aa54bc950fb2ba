-- Firings of a rule less than its long window apart share requests and are one episode. Windows
-- are judged where a request ends them: silence neither fires a rule nor ends an episode.
with windows as (
    select * from {{ ref('platform_slo_windows') }}
),

objectives as (
    select distinct
        service,
        objective,
        least_requests
    from {{ objectives() }}
),

usual as (
    select * from {{ ref('platform_slo_usual') }}
),

firing as (
    {%- for rule in burn_rules() %}
    select
        windows.service,
        windows.step,
        windows.step_ends_at,
        objectives.objective,
        '{{ rule.rule }}' as rule,
        '{{ rule.severity }}' as severity,
        {{ burn_windows()[rule.long] }} as long_steps,
        windows.requests_{{ rule.long }} as requests,
        windows.errors_{{ rule.long }} as errors,
        windows.minutes_seen_{{ rule.long }} as minutes_seen,
        windows.minutes_seen_{{ rule.long }} < usual.least_minutes_{{ rule.long }} as lacks_minutes
    from windows
    inner join objectives on windows.service = objectives.service
    left join usual on windows.service = usual.service
    where
        {{ burns('windows', 'objectives', rule) }}
        and windows.requests_{{ rule.long }} >= {{ least_requests_of(
            rule.limit, 'objectives.objective', 'objectives.least_requests'
        ) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

gaps as (
    select
        *,
        step - lag(step) over (partition by service, objective, rule order by step) as steps_since
    from firing
),

numbered as (
    select
        *,
        {{ ratio('errors', 'requests') }} / (1 - objective) as burn_rate,
        sum(case when steps_since < long_steps then 0 else 1 end) over (
            partition by service, objective, rule order by step
            rows between unbounded preceding and current row
        ) as episode
    from gaps
),

ranked as (
    select
        *,
        row_number() over (
            partition by service, objective, rule, episode
            order by burn_rate desc, step asc
        ) as place
    from numbered
),

final as (
    select
        service,
        objective,
        rule,
        severity,
        cast(episode as integer) as episode,
        min(step_ends_at) as started_at,
        max(step_ends_at) as last_fired_at,
        cast(count(*) * 5 as bigint) as firing_minutes,
        max(burn_rate) as peak_burn_rate,
        max(case when place = 1 then step_ends_at end) as peak_at,
        max(case when place = 1 then requests end) as requests_at_peak,
        max(case when place = 1 then errors end) as errors_at_peak,
        min(minutes_seen) as least_minutes_seen,
        max(long_steps) * 5 as minutes_of_window,
        max(case when lacks_minutes then 1 else 0 end) = 1 as is_data_missing
    from ranked
    group by service, objective, rule, severity, episode
)

select * from final
