-- Of a release's note nothing is kept but what looks like an issue's key.
with delivered as (
    select * from {{ delivered_rows('releases') }}
),

mentions as (
    select
        model,
        version,
        {{ pattern_rows('upper(note)', '[A-Z][A-Z0-9_]+-[0-9]+') }} as issue_key
    from delivered
    where note is not null and status is null and model is not null and version is not null
),

final as (
    select distinct
        model,
        version,
        issue_key
    from mentions
)

select * from final
