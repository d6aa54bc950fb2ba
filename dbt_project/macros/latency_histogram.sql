{#
    Latencies as a histogram of logarithmic buckets: bucket b holds what is above 1.02^(b-1) and
    up to 1.02^b milliseconds. Histograms add up, so any roll-up keeps every percentile within 1 %
    of the nearest-rank value; percentiles themselves are never averaged. The idea is that of
    DDSketch (Masson, Rim and Lee, 2019).
#}
{% macro bucket_of_latency(latency_ms) -%}
    case
        when {{ latency_ms }} > 0.001 then cast(ceil(ln({{ latency_ms }}) / ln(1.02)) as integer)
        when {{ latency_ms }} >= 0 then -1000
    end
{%- endmacro %}


{# The milliseconds that stand for a bucket: its geometric middle; bucket -1000 holds nothing. #}
{% macro latency_of_bucket(bucket) -%}
    case when {{ bucket }} = -1000 then 0.0 else power(1.02, {{ bucket }} - 0.5) end
{%- endmacro %}


{#
    The bucket that ends nearest to a number of milliseconds, so within 1 % of it: counts up to
    such a limit come from whole buckets and add up.
#}
{% macro bucket_that_ends_at(latency_ms) -%}
    cast(round(ln({{ latency_ms }}) / ln(1.02)) as integer)
{%- endmacro %}


{#
    To select from, over a histogram with columns latency_bucket and requests: one row per key with
    timed_requests and the nearest-rank percentiles latency_ms_p50, _p95 and _p99. Beside each
    stand its bucket and how many requests are below that bucket and up to its end.
#}
{% macro histogram_percentiles(histogram, keys) -%}
    (select
        {{ keys | join(', ') }},
        cast(max(timed_requests) as bigint) as timed_requests,
        {%- for percent in percents_of_latency() %}
        {%- set is_reached = 'up_to * 100 >= timed_requests * ' ~ percent %}
        {{ latency_of_bucket('min(case when ' ~ is_reached ~ ' then latency_bucket end)') }}
            as latency_ms_p{{ percent }},
        min(case when {{ is_reached }} then latency_bucket end) as bucket_p{{ percent }},
        cast(coalesce(max(case when not ({{ is_reached }}) then up_to end), 0) as bigint)
            as requests_below_p{{ percent }},
        cast(min(case when {{ is_reached }} then up_to end) as bigint)
            as requests_up_to_p{{ percent }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            sum(requests) over (
                partition by {{ keys | join(', ') }} order by latency_bucket
                rows between unbounded preceding and current row
            ) as up_to,
            sum(requests) over (partition by {{ keys | join(', ') }}) as timed_requests
        from (
            select
                {{ keys | join(', ') }},
                latency_bucket,
                sum(requests) as requests
            from {{ histogram }}
            where latency_bucket is not null
            group by {{ keys | join(', ') }}, latency_bucket
        ) as buckets
    ) as counted
    group by {{ keys | join(', ') }}) as percentiles_of_keys
{%- endmacro %}


{#
    To select from, over a histogram with errors, too: one row per key with what `also` lists
    (aggregates with their names), requests, errors, timed_requests and the percentiles.
#}
{% macro histogram_counts(histogram, keys, also=[]) -%}
    (select
        counted.*,
        coalesce(percentiles_of_keys.timed_requests, 0) as timed_requests,
        {%- for percent in percents_of_latency() %}
        percentiles_of_keys.latency_ms_p{{ percent }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {{ (keys + also) | join(', ') }},
            cast(sum(requests) as bigint) as requests,
            cast(sum(errors) as bigint) as errors
        from {{ histogram }}
        group by {{ keys | join(', ') }}
    ) as counted
    left join {{ histogram_percentiles(histogram, keys) }}
        on {% for key in keys %}counted.{{ key }} = percentiles_of_keys.{{ key }}
        {{ 'and ' if not loop.last }}{% endfor %}) as counts_of_keys
{%- endmacro %}


{#
    To select from: the buckets of days in every period that holds the day, with columns grain and
    period_start beside the keys. `days` has requested_on, latency_bucket, requests and errors.
#}
{% macro buckets_of_periods(days, keys) -%}
    (
        {%- for grain in grains() %}
        select
            {{ keys | join(', ') }},
            '{{ grain }}' as grain,
            {{ period_start('requested_on', grain) }} as period_start,
            latency_bucket,
            requests,
            errors
        from {{ days }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as buckets_in_periods
{%- endmacro %}


{# The percentiles of latencies that are kept. #}
{% macro percents_of_latency() -%}
    {{ return([50, 95, 99]) }}
{%- endmacro %}


{# These percentiles, exact, of a list of latencies; as a list. #}
{% macro latency_percentiles_of(list) -%}
    {%- set fractions = [] -%}
    {%- for percent in percents_of_latency() -%}
        {%- do fractions.append(percent / 100) -%}
    {%- endfor -%}
    {{ percentiles_of_list(list, fractions) }}
{%- endmacro %}


{#
    The columns of these percentiles, from a list of them; where `is_known` holds, the columns that
    are there already.
#}
{% macro latency_percentile_columns(percentiles, is_known=none) -%}
    {%- for percent in percents_of_latency() %}
    {%- set item = item_at(percentiles, loop.index) %}
    {{ item if is_known is none
        else 'case when ' ~ is_known ~ ' then latency_ms_p' ~ percent ~ ' else ' ~ item ~ ' end' }}
        as latency_ms_p{{ percent }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#
    To select from: what rows of `kept` (one per key, with the columns of `histogram_percentiles`)
    become by the rows of `new_buckets`, as long as each percentile stays in its bucket. It does
    when its rank is still above what is below the bucket and not above what is up to its end,
    which is a matter of counts. Where one leaves its bucket, or a key is not in `kept`, there is
    no row, and the percentiles have to come from the histogram. Columns are in the same order.
#}
{% macro percentiles_that_stay(kept, new_buckets, keys) -%}
    (select *
    from (
        select
            {%- for key in keys %}
            kept.{{ key }},
            {%- endfor %}
            cast(max(kept.timed_requests) + coalesce(sum(
                case when added.latency_bucket is not null then added.requests end
            ), 0) as bigint) as timed_requests,
            {%- for percent in percents_of_latency() %}
            max(kept.latency_ms_p{{ percent }}) as latency_ms_p{{ percent }},
            max(kept.bucket_p{{ percent }}) as bucket_p{{ percent }},
            {%- for side, sign in [('below', '<'), ('up_to', '<=')] %}
            cast(max(kept.requests_{{ side }}_p{{ percent }}) + coalesce(sum(
                case
                    when added.latency_bucket {{ sign }} kept.bucket_p{{ percent }}
                        then added.requests
                end
            ), 0) as bigint) as requests_{{ side }}_p{{ percent }}{{ ',' if not loop.last }}
            {%- endfor %}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ kept }} as kept
        inner join {{ new_buckets }} as added
            on {% for key in keys %}kept.{{ key }} = added.{{ key }}
            {{ 'and ' if not loop.last }}{% endfor %}
        group by {% for key in keys %}kept.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
    ) as moved
    where
        {%- for percent in percents_of_latency() %}
        requests_below_p{{ percent }} * 100 < timed_requests * {{ percent }}
        and requests_up_to_p{{ percent }} * 100 >= timed_requests * {{ percent }}
        {{- ' and' if not loop.last }}
        {%- endfor %}) as percentiles_that_stayed
{%- endmacro %}
