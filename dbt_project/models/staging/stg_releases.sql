with delivered as (
    select * from {{ delivered_rows('releases') }}
),

ranked as (
    select
        *,
        lower(coalesce(nullif(trim(environment), ''), 'production')) as environment_name,
        row_number() over (
            partition by model, version, released_at, environment, run_id
            order by _loaded_at desc, _file desc, _line desc
        ) as recency
    from delivered
),

final as (
    select
        _source as source,
        model,
        version,
        released_at,
        {{ local_day('released_at') }} as released_on,
        environment_name as environment,
        environment_name in ('production', 'prod', 'live') as is_production,
        nullif(trim(run_id), '') as run_id,
        registry_version,
        code_sha
    from ranked
    where recency = 1
)

select * from final
