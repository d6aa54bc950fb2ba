-- Offline values of models change with a release and are no figures of a period. Requests are told
-- one by one, so the change of a share has an interval; positions of one list come together, and
-- neither their shares nor percentiles have one that could be had from two numbers.
with periods as (
    select * from {{ periods_of_metrics("layer = 'platform' and role <> 'model_metric'") }}
),

shares as (
    select
        *,
        case
            when
                metric_name in (
                    'error_ratio', 'fallback_ratio', 'empty_ratio', 'unknown_platform_ratio'
                )
                then (numerator + 1) / (denominator + 2)
        end as share
    from periods
),

measured as (
    select
        *,
        share * (1 - share) / (denominator + 2) as variance
    from shares
),

shared as (
    select * from measured
    where share is not null
),

compared as (
    select
        measured.*,
        measured.share - previous.share as previous_middle,
        1.959964 * sqrt(measured.variance + previous.variance) as previous_half_width,
        measured.share - year_ago.share as year_ago_middle,
        1.959964 * sqrt(measured.variance + year_ago.variance) as year_ago_half_width
    from measured
    left join shared as previous
        on
            measured.previous_period_start = previous.period_start
            and measured.metric_name = previous.metric_name
            and measured.entity = previous.entity
            and measured.segment_name = previous.segment_name
            and measured.segment_value = previous.segment_value
            and measured.grain = previous.grain
    left join shared as year_ago
        on
            measured.year_ago_period_start = year_ago.period_start
            and measured.metric_name = year_ago.metric_name
            and measured.entity = year_ago.entity
            and measured.segment_name = year_ago.segment_name
            and measured.segment_value = year_ago.segment_value
            and measured.grain = year_ago.grain
),

final as (
    select
        metric_name,
        label,
        description,
        unit,
        direction,
        format,
        entity,
        segment_name,
        segment_value,
        grain,
        period_start,
        value,
        numerator,
        denominator,
        is_complete,
        previous_period_start,
        previous_value,
        previous_middle - previous_half_width as previous_change_low,
        previous_middle + previous_half_width as previous_change_high,
        year_ago_period_start,
        year_ago_value,
        year_ago_middle - year_ago_half_width as year_ago_change_low,
        year_ago_middle + year_ago_half_width as year_ago_change_high
    from compared
)

select * from final
