-- Which category a status has is learnt, the surest first, from a list of statuses (by id, then by
-- a name that means one category there), from issues in that status, from hub.yml, from the names
-- that are common. What says two things says nothing.
with delivered as (
    select
        _source as source,
        coalesce(status_id, '') as status_id,
        lower(trim(status_name)) as status_name,
        origin,
        category,
        row_number() over (
            partition by _source, origin, status_id, lower(trim(status_name)), category
            order by _loaded_at desc
        ) as recency,
        rank() over (
            partition by _source, origin, status_id, lower(trim(status_name))
            order by _loaded_at desc
        ) as delivery
    from {{ delivered_rows('jira_statuses') }}
),

known as (
    select * from delivered
    where recency = 1 and delivery = 1
),

by_id as (
    select
        source,
        status_id,
        origin,
        min(category) as category
    from known
    where status_id != ''
    group by source, status_id, origin
    having min(category) = max(category)
),

by_name as (
    select
        source,
        status_name,
        origin,
        min(category) as category
    from known
    group by source, status_name, origin
    having min(category) = max(category)
),

mentioned as (
    select
        source,
        status_id,
        status_name
    from known
    union
    select
        _source as source,
        coalesce(status_id, '') as status_id,
        lower(trim(status)) as status_name
    from {{ delivered_rows('jira_issues') }}
    where status is not null
    union
    select
        source,
        coalesce(from_id, '') as status_id,
        lower(trim(from_value)) as status_name
    from {{ ref('stg_jira_changes') }}
    where field = 'status' and from_value is not null
    union
    select
        source,
        coalesce(to_id, '') as status_id,
        lower(trim(to_value)) as status_name
    from {{ ref('stg_jira_changes') }}
    where field = 'status' and to_value is not null
),

final as (
    select
        mentioned.*,
        coalesce(
            {%- for origin in ['status_list', 'issue', 'configured', 'words'] %}
            id_{{ origin }}.category, name_{{ origin }}.category,
            {%- endfor %}
            'unknown'
        ) as category,
        coalesce(id_status_list.category, name_status_list.category) is not null as is_listed
    from
        mentioned
    {%- for origin in ['status_list', 'issue', 'configured', 'words'] %}
left join by_id as id_{{ origin }}
    on
        mentioned.source = id_{{ origin }}.source
        and mentioned.status_id = id_{{ origin }}.status_id
        and id_{{ origin }}.origin = '{{ origin }}'
left join by_name as name_{{ origin }}
    on
        mentioned.source = name_{{ origin }}.source
        and mentioned.status_name = name_{{ origin }}.status_name
        and name_{{ origin }}.origin = '{{ origin }}'
    {%- endfor %}
)

select * from final
