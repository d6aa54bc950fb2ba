-- What a delivery tells besides (tags of other components, runs that failed, candidates that were
-- never deployed) has a status, and is no release.
with delivered as (
    select * from {{ delivered_rows('releases') }}
),

live_versions as (
    select * from {{ ref('stg_live_versions') }}
),

told as (
    select
        _source,
        model,
        version,
        released_at,
        environment,
        run_id,
        registry_version,
        code_sha,
        _loaded_at,
        _file,
        _line
    from delivered
    where status is null and model is not null
    union all
    select
        source as _source,
        model,
        version,
        live_since as released_at,
        cast(null as {{ dbt.type_string() }}) as environment,
        run_id,
        version as registry_version,
        cast(null as {{ dbt.type_string() }}) as code_sha,
        loaded_at as _loaded_at,
        file as _file,
        cast(null as bigint) as _line
    from live_versions
),

named as (
    select
        *,
        lower(coalesce(nullif(trim(environment), ''), 'production')) as environment_name,
        nullif(trim(run_id), '') as run_name
    from told
),

ranked as (
    select
        *,
        row_number() over (
            partition by model, version, released_at, environment_name, run_name
            order by _loaded_at desc, _file desc, _line desc
        ) as recency
    from named
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
        run_name as run_id,
        registry_version,
        code_sha
    from ranked
    where recency = 1
)

select * from final
