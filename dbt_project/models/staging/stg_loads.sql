with loads as (
    select * from {{ source('raw', 'loads') }}
),

final as (
    select
        load_id,
        source,
        kind,
        file,
        format,
        status,
        duplicate_of,
        records,
        loaded,
        quarantined,
        blank,
        first_at,
        last_at,
        loaded_at,
        {{ json_text('detected', 'drift') }} as drift
    from loads
)

select * from final
