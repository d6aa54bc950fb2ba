-- Snapshots hold every setting; what changed from one to the next is what people ask about.
-- Values that may be secret (by the setting's name) or personal (a mail address) become hashes.
with delivered as (
    select * from {{ delivered_rows('settings') }}
),

loads_of_snapshots as (
    select
        _source,
        document,
        snapshot_at,
        _load_id,
        settings_hash,
        row_number() over (
            partition by _source, document, snapshot_at order by max(_loaded_at) desc, _load_id
        ) as recency
    from delivered
    group by _source, document, snapshot_at, _load_id, settings_hash
),

compared as (
    select
        *,
        lag(settings_hash) over (
            partition by _source, document order by snapshot_at
        ) as previous_hash
    from loads_of_snapshots
    where recency = 1
),

snapshots as (
    select
        *,
        row_number() over (partition by _source, document order by snapshot_at) as number
    from compared
    where previous_hash is null or previous_hash <> settings_hash
),

names as (
    select distinct
        _source,
        document,
        setting
    from delivered
),

states as (
    select
        snapshots._source,
        snapshots.document,
        names.setting,
        snapshots.snapshot_at,
        snapshots.number,
        delivered.value,
        lag(delivered.value) over (
            partition by snapshots._source, snapshots.document, names.setting
            order by snapshots.number
        ) as previous_value
    from snapshots
    inner join names
        on snapshots._source = names._source and snapshots.document = names.document
    left join delivered
        on snapshots._load_id = delivered._load_id and names.setting = delivered.setting
),

final as (
    select
        _source as source,
        document,
        setting,
        snapshot_at as changed_at,
        {{ local_day('snapshot_at') }} as changed_on,
        case
            when number = 1 then 'first'
            when value is null then 'removed'
            when previous_value is null then 'added'
            else 'changed'
        end as change,
        {{ hidden_setting('setting', 'value') }} as value,
        {{ hidden_setting('setting', 'previous_value') }} as previous_value
    from states
    where coalesce(value, '') <> coalesce(previous_value, '')
)

select * from final
