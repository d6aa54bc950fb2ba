with quarantine as (
    select * from {{ ref('stg_quarantine') }}
),

loads as (
    select * from {{ ref('stg_loads') }}
    where status = 'loaded'
),

numbered as (
    select
        quarantine.*,
        row_number() over (
            partition by
                quarantine.source,
                quarantine.reason,
                quarantine.column_name,
                quarantine.expected
            order by quarantine.file, quarantine.line nulls last
        ) as place
    from quarantine
    inner join loads on quarantine.load_id = loads.load_id
),

final as (
    select
        source,
        reason,
        column_name,
        cast(count(*) as bigint) as rows,
        max(case when place = 1 then file end) as example_file,
        max(case when place = 1 then line end) as example_line,
        expected
    from numbered
    group by source, reason, column_name, expected
)

select * from final
