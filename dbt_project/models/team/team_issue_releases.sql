-- A fix version that names the component and the version matches exactly; a bare version matches
-- when one component alone has a release of that version. Otherwise nothing is claimed.
with issues as (
    select * from {{ ref('team_issues') }}
),

releases as (
    select
        model,
        version,
        min(released_at) as released_at,
        min(released_on) as released_on
    from {{ ref('platform_releases') }}
    where is_production
    group by model, version
),

fix_versions as (
    select
        issue_key,
        project,
        {{ json_list_rows('fix_versions') }} as fix_version
    from issues
    where fix_versions is not null
),

names as (
    select
        releases.*,
        {{ release_name_of("model || ' ' || version") }} as full_name,
        {{ release_name_of('version') }} as bare_name,
        count(*) over (partition by {{ release_name_of('version') }}) as models_with_version
    from releases
),

final as (
    select distinct
        fix_versions.issue_key,
        fix_versions.project,
        fix_versions.fix_version,
        names.model,
        names.version,
        names.released_at,
        names.released_on
    from fix_versions
    inner join names
        on
            {{ release_name_of('fix_versions.fix_version') }} = names.full_name
            or (
                {{ release_name_of('fix_versions.fix_version') }} = names.bare_name
                and names.models_with_version = 1
            )
)

select * from final
