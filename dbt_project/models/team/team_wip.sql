-- The state at the end of the period's last known day. An item is in progress from its first entry
-- to In Progress while it is not in Done. Without a whole history only today's state is known: such
-- items count on the last day alone, by their category. A project without any has gaps before.
with issues as (
    select * from {{ ref('team_issues') }}
),

spells as (
    select * from {{ ref('team_issue_spells') }}
),

days as (
    select
        project,
        last_day,
        has_history,
        {{ day_rows('first_day', 'last_day') }} as day
    from {{ ref('team_projects') }}
),

-- while an item is neither finished nor, for a time, done
stays as (
    select
        issues.project,
        issues.created_on,
        issues.started_on,
        issues.status_category,
        false as is_approximate,
        spells.entered_on as open_from,
        spells.left_on as open_until
    from issues
    inner join spells on issues.issue_key = spells.issue_key
    where not issues.is_approximate and spells.category <> 'done'
    union all
    select
        project,
        created_on,
        cast(null as date) as started_on,
        status_category,
        true as is_approximate,
        created_on as open_from,
        finished_on as open_until
    from issues
    where is_approximate
),

states as (
    select
        days.project,
        days.day,
        case
            when days.has_history or days.day = days.last_day or count(stays.created_on) = 0
                then {{ count_where(
                    'stays.started_on <= days.day or (days.day = days.last_day'
                    ~ " and stays.is_approximate and stays.status_category = 'in_progress')"
                ) }}
        end as wip,
        cast(count(stays.created_on) as bigint) as open_items,
        {{ count_where('stays.is_approximate') }} as approximate_items,
        {{ percentile(days_apart('stays.created_on', 'days.day'), 0.5) }} as open_age_days_p50
    from days
    left join stays
        on
            days.project = stays.project
            and days.day >= stays.open_from
            and (stays.open_until is null or days.day < stays.open_until)
    group by days.project, days.day, days.last_day, days.has_history
),

periods as (
    {%- for grain in grains() %}
    select
        *,
        '{{ grain }}' as grain,
        {{ period_start('day', grain) }} as period_start,
        row_number() over (
            partition by project, {{ period_start('day', grain) }} order by day desc
        ) as from_the_end
    from states
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    {%- for name in ['wip', 'open_items', 'open_age_days_p50'] %}
    select
        '{{ name }}' as metric_name,
        project as entity,
        '__all__' as segment_name,
        '__all__' as segment_value,
        grain,
        period_start,
        cast({{ name }} as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        open_items as sample_size,
        approximate_items
    from periods
    where from_the_end = 1
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
