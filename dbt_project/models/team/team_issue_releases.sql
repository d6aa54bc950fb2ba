-- A fix version that names component and version matches exactly; a bare version matches when one
-- component alone has it. A key in a release's note links as well. The first release counts.
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

links as (
    select
        fix_versions.issue_key,
        names.model,
        names.version,
        fix_versions.fix_version
    from fix_versions
    inner join names
        on
            {{ release_name_of('fix_versions.fix_version') }} = names.full_name
            or (
                {{ release_name_of('fix_versions.fix_version') }} = names.bare_name
                and names.models_with_version = 1
            )
    union all
    select
        issue_key,
        model,
        version,
        cast(null as {{ dbt.type_string() }}) as fix_version
    from {{ ref('stg_release_issues') }}
),

pairs as (
    select
        issue_key,
        model,
        version,
        min(fix_version) as fix_version
    from links
    group by issue_key, model, version
),

placed as (
    select
        issues.issue_key,
        issues.project,
        issues.is_approximate,
        issues.started_at,
        issues.finished_at,
        pairs.fix_version,
        case when pairs.fix_version is null then 'named by the release' else 'fix version' end
            as link_kind,
        releases.model,
        releases.version,
        releases.released_at,
        releases.released_on,
        row_number() over (
            partition by issues.issue_key, releases.model, releases.released_at >= issues.started_at
            order by releases.released_at, releases.version
        ) as from_start,
        row_number() over (
            partition by
                issues.issue_key, releases.model, releases.released_at >= issues.finished_at
            order by releases.released_at, releases.version
        ) as from_done
    from pairs
    inner join issues on pairs.issue_key = issues.issue_key
    inner join releases on pairs.model = releases.model and pairs.version = releases.version
),

final as (
    select
        *,
        case
            when from_start = 1 and released_at >= started_at
                then {{ elapsed_days('started_at', 'released_at') }}
        end as days_from_start,
        case
            when from_done = 1 and released_at >= finished_at
                then {{ elapsed_days('finished_at', 'released_at') }}
        end as days_from_done
    from placed
)

select * from final
