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
    timed_requests and the nearest-rank percentiles latency_ms_p50, _p95 and _p99.
#}
{% macro histogram_percentiles(histogram, keys) -%}
    (select
        {{ keys | join(', ') }},
        cast(max(timed_requests) as bigint) as timed_requests,
        {%- for percent in [50, 95, 99] %}
        {{ latency_of_bucket(
            'min(case when up_to * 100 >= timed_requests * ' ~ percent ~ ' then latency_bucket end)'
        ) }} as latency_ms_p{{ percent }}{{ ',' if not loop.last }}
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
