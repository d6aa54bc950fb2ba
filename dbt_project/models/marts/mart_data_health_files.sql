with loads as (
    select * from {{ ref('stg_loads') }}
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
        drift
    from loads
)

select * from final
