-- What was found in a refused record may be personal: neither it nor the record goes further.
with quarantine as (
    select *
    from {{ source('raw', 'quarantine') }}
    where resolved_at is null
),

final as (
    select
        load_id,
        source,
        file,
        line,
        reason,
        column_name,
        expected,
        quarantined_at
    from quarantine
)

select * from final
