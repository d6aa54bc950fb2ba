-- A release that several deliveries tell at the same instant is one.
with releases as (
    select * from {{ ref('platform_releases') }}
    where is_production
),

told as (
    select
        model,
        version,
        released_at,
        min(released_on) as released_on,
        min(kind) as kind,
        max(case when is_rollback then 1 else 0 end) = 1 as is_rollback
    from releases
    group by model, version, released_at
),

final as (
    select
        model || ' ' || version || ' ' || cast(
            cast(released_at as {{ dbt.type_timestamp() }}) as {{ dbt.type_string() }}
        ) as deploy_id,
        model,
        version,
        {{ release_name_of('version') }} as version_name,
        kind,
        released_at,
        released_on,
        is_rollback,
        lead(released_at) over (partition by model order by released_at, version)
            as next_released_at,
        coalesce(
            lead(is_rollback) over (partition by model order by released_at, version), false
        ) as is_rolled_back,
        row_number() over (partition by model order by released_at, version) as deploy_number
    from told
)

select * from final
