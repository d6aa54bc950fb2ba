-- A registry tells its present state alone, so every look at it is read, also those that a later
-- one took the place of. A version went live when it first carried the label after a look
-- without it.
with looks as (
    select versions.*
    from {{ source('raw', 'model_versions') }} as versions
    inner join {{ source('raw', 'loads') }} as loads
        on versions._load_id = loads.load_id
    where loads.status in ('loaded', 'superseded')
),

configured as (
    select * from {{ configured_rows(
        'live_versions', {'source': 'string', 'label_kind': 'string', 'label': 'string'}
    ) }}
),

numbered as (
    select
        *,
        dense_rank() over (partition by _source, model order by _loaded_at, _load_id) as look
    from looks
),

live as (
    select numbered.*
    from numbered
    inner join configured
        on
            numbered._source = configured.source
            and numbered.label_kind = configured.label_kind
            and lower(numbered.label) = lower(configured.label)
),

following as (
    select
        *,
        lag(look) over (
            partition by _source, model, label_kind, label, version order by look
        ) as seen_in_look
    from live
),

final as (
    select
        _source as source,
        model,
        version,
        label_kind,
        label,
        run_id,
        case
            when labelled_at is not null then labelled_at
            when look = 1 then coalesce(created_at, _loaded_at)
            else _loaded_at
        end as live_since,
        labelled_at is null as is_approximate,
        _file as file,
        _loaded_at as loaded_at
    from following
    where seen_in_look is null or seen_in_look < look - 1
)

select * from final
