with minutes as (
    select * from {{ ref('platform_request_minute_parts') }}
),

promised as (
    select distinct service
    from {{ objectives() }}
),

seen as (
    select
        minutes.service,
        minutes.minute_start,
        sum(minutes.requests) as requests,
        sum(minutes.errors) as errors
    from minutes
    inner join promised on minutes.service = promised.service
    group by minutes.service, minutes.minute_start
),

final as (
    select
        service,
        {{ step_number('minute_start', 5) }} as step,
        cast(sum(requests) as bigint) as requests,
        cast(sum(errors) as bigint) as errors,
        cast(count(*) as bigint) as minutes_seen
    from seen
    group by 1, 2
)

select * from final
